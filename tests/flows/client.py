"""A plain client of the API: status and JSON, nothing hidden."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: httpx.Headers


@dataclass(frozen=True)
class Api:
    url: str
    key: str
    data_dir: Path
    database_url: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {
            "Authorization": f"Bearer {self.key}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        with httpx.Client(timeout=60, trust_env=False) as client:
            answer = client.request(method, self.url + path, json=body, headers=sent)
        kind = answer.headers.get("content-type", "")
        return Answer(
            answer.status_code,
            answer.json() if kind.startswith("application/json") else answer.text,
            answer.headers,
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, **headers)

    def start(self, urls: list[str], **options: Any) -> str:
        answer = self.post("/v2/batch/scrape", {"urls": urls, **options})
        assert answer.status == 200, answer.body
        return str(answer.body["id"])

    def status(self, job_id: str, query: str = "") -> dict[str, Any]:
        answer = self.get(f"/v2/batch/scrape/{job_id}{query}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def wait(self, job_id: str, *, within_s: float = 60) -> dict[str, Any]:
        return until(
            lambda: self.status(job_id), lambda found: found["status"] != "scraping", within_s=within_s
        )

    def another_team(self, *options: str) -> Api:
        command = [sys.executable, "-m", "webkiln", "keys", "create", "--team", f"team-{time.time_ns()}"]
        command += ["--data-dir", str(self.data_dir), *options]
        if self.database_url is not None:
            command += ["--database-url", self.database_url]
        made = subprocess.run(command, capture_output=True, text=True, check=True)
        return Api(self.url, made.stdout.strip(), self.data_dir, self.database_url)


def until(ask: Any, good: Any, *, within_s: float = 10) -> Any:
    """Ask again until the answer is good; fails after `within_s` seconds."""
    end = time.monotonic() + within_s
    while not good(found := ask()):
        assert time.monotonic() < end, f"not in time; last seen: {str(found)[:500]}"
        time.sleep(0.02)
    return found
