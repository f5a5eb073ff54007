"""A client of the API that says exactly what it was answered, and when."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.running import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

BATCHES = "/v2/batch/scrape"
OVER = ("completed", "failed", "cancelled")


class NoAnswer(Exception):
    """No answer came; `refused` says that the request was not even taken."""

    def __init__(self, reason: BaseException, began: float) -> None:
        super().__init__(f"{type(reason).__name__}: {reason}")
        self.refused = isinstance(reason, ConnectionRefusedError)
        self.timed_out = isinstance(reason, TimeoutError)
        self.began = began
        self.seconds = time.time() - began


class NotInTime(Exception):
    """Something that was waited for did not happen."""


@dataclass(frozen=True)
class Answer:
    """An answer with the Unix times at which it was asked for and complete."""

    status: int
    body: Any
    headers: dict[str, str]
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(frozen=True)
class Client:
    """Asks one API on a new connection each time, so that no answer is about an older connection."""

    port: int
    timeout_s: float = 15.0

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request; raises NoAnswer."""
        sent = {"Authorization": f"Bearer {KEY}", "Connection": "close"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        began = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
        try:
            connection.request(method, path, payload, sent)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(error, began) from error
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        kind = found.get("content-type", "")
        parsed = json.loads(content) if kind.startswith("application/json") else content.decode()
        return Answer(answer.status, parsed, found, began, time.time())

    def insist(
        self, method: str, path: str, body: Any = None, *, within_s: float = 60, **headers: str
    ) -> Answer:
        """Repeat a request while nobody answers it, or the answer is to come again later (503)."""
        end = time.monotonic() + within_s
        while True:
            last: object
            try:
                answer = self.call(method, path, body, **headers)
            except NoAnswer as none:
                last = none
            else:
                if answer.status != 503:
                    return answer
                last = answer
            if time.monotonic() > end:
                raise NotInTime(f"{method} {path}: {last}")
            time.sleep(0.05)

    def status(self, job: str, query: str = "?limit=1") -> dict[str, Any]:
        """Return how a batch stands, however long that takes; raises NotInTime when it is unknown."""
        answer = self.insist("GET", f"{BATCHES}/{job}{query}")
        if answer.status != 200:
            raise NotInTime(f"status of {job}: {answer.status} {str(answer.body)[:200]}")
        return dict(answer.body)

    def ready(self) -> bool:
        """Return whether the API would take work, and has a worker for it."""
        try:
            return self.call("GET", "/v0/health/readiness").status == 200
        except NoAnswer:
            return False

    def alive(self) -> bool:
        """Return whether the API answers at all."""
        try:
            return self.call("GET", "/v0/health/liveness").status == 200
        except NoAnswer:
            return False


def until(
    ask: Callable[[], Any],
    good: Callable[[Any], bool] = bool,
    *,
    within_s: float,
    what: str,
    every_s: float = 0.02,
) -> Any:
    """Ask again until the answer is good; return it. Raises NotInTime after `within_s` seconds."""
    end = time.monotonic() + within_s
    while not good(found := ask()):
        if time.monotonic() > end:
            raise NotInTime(f"{what}: not within {within_s:g} s; last seen: {str(found)[:300]}")
        time.sleep(every_s)
    return found
