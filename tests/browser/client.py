"""The flows' client, with what is asked of a browser, and a look at the server's Chromium."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from flows.client import Answer, Api


@dataclass(frozen=True)
class BrowserApi(Api):
    pid: int = 0

    def scrape(self, url: str, **options: Any) -> Answer:
        """Scrape a page anew."""
        return self.post("/v2/scrape", {"url": url, "maxAge": 0, **options})

    def page(self, url: str, **options: Any) -> dict[str, Any]:
        """Return the document of a page."""
        answer = self.scrape(url, **options)
        assert answer.status == 200, answer.body
        return dict(answer.body["data"])

    def act(self, url: str, *actions: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Return the document of a page with which something was done first."""
        return self.page(url, actions=list(actions), **options)

    def file(self, url: str) -> httpx.Response:
        """Get a file as the document names it, without a key."""
        assert url.startswith(f"{self.url}/files/"), url
        answer = httpx.get(self.url + urlsplit(url).path, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer

    def chromium(self) -> list[int]:
        """Return the processes of this server's own browsers."""
        parents, names = {}, {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, ValueError):
                    pid = int(entry.name)
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    parents[pid] = int(stat[1])
                    names[pid] = "" if stat[0] == "Z" else (entry / "cmdline").read_text()
        return [
            pid for pid in names if "chrom" in names[pid].partition("\0")[0] and self._is_ours(pid, parents)
        ]

    def _is_ours(self, pid: int, parents: dict[int, int]) -> bool:
        while pid in parents:
            if pid == self.pid:
                return True
            pid = parents[pid]
        return False
