"""A thin asynchronous client of the v2 API, for any server that speaks it (contract §3, §6)."""

from __future__ import annotations

import asyncio
import base64
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

import orjson

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 10.0
READ_S = 330.0  # the longest scrape a request may ask for is 300 s
TRIES = 8  # a minute altogether, which outlasts the restart of a server
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
WORTH_ANOTHER_TRY = frozenset({429, 502, 503})
NOT_FOUND = 404
NO_PART = "CRAWL_DENIAL"


class ClientError(Exception):
    """The server could not be reached, or what answered is not one."""


class ApiError(ClientError):
    """The server answered with an error.

    `status` is the HTTP status (200 for an error the API wraps in one), `code` the wire code or
    None, `details` what the body says about the request.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """Read the body of the answer (contract §1.2)."""
        super().__init__(str(body.get("error") or f"HTTP {status}"))
        self.status = status
        self.code = body.get("code")
        self.details = body.get("details")

    @property
    def about_the_key(self) -> bool:
        """Whether the server does not know the caller."""
        return self.status == 401  # noqa: PLR2004 (the status is the clearest name)


@dataclass(frozen=True, slots=True)
class Scraped:
    """One page, as the wire has it."""

    document: dict[str, Any]
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of jobs: what to call one, where the API has them, and a place their pages fit in."""

    noun: str
    path: str
    place: str


BATCH = Kind("batch", "/v2/batch/scrape", "results.jsonl")
CRAWL = Kind("crawl", "/v2/crawl", "site/")


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the server's."""

    kind: Kind
    id: str

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"{self.kind.path}/{quote(self.id, safe='')}"

    @property
    def name(self) -> str:
        """What to call it at the start of a line."""
        return f"{self.kind.noun.capitalize()} {self.id}"


@dataclass(frozen=True, slots=True)
class Started:
    """A job the server has taken; only a batch has `invalid_urls`."""

    job: Job
    invalid_urls: list[str] = field(default_factory=list)
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """Errors, each with `url`, `error` and maybe `code`, and the URLs that robots.txt forbids."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages that failed: not those that turned out to be no part of a crawl."""
        return [error for error in self.errors if error.get("code") != NO_PART]

    @property
    def outside(self) -> list[dict[str, Any]]:
        """What redirected out of a crawl."""
        return [error for error in self.errors if error.get("code") == NO_PART]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """One page of a job's status; `next` is where the next one is, None when there is none."""

    status: str
    completed: int
    total: int
    documents: list[dict[str, Any]]
    next: str | None
    body: dict[str, Any]

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return self.status == "scraping"

    @property
    def paused(self) -> bool:
        """Whether what waits is held back; servers other than ours have no such thing."""
        return self.running and self.body.get("paused") is True


class Client:
    """Talks to one server; an async context manager."""

    def __init__(self, base_url: str, api_key: str | None) -> None:
        self.base_url = base_url.rstrip("/")
        self._prefix = urlsplit(self.base_url).path
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._session: aiohttp.ClientSession | None = None
        self._answered = False

    async def __aenter__(self) -> Self:
        """Open the connections; a proxy of the environment is used for other machines only."""
        import aiohttp  # noqa: PLC0415 (15 MB that the processes of a server need not carry)

        host = urlsplit(self.base_url).hostname or ""
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=READ_S),
            trust_env=host not in ("localhost", "127.0.0.1", "::1"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def scrape(self, url: str, options: dict[str, Any]) -> Scraped:
        """Scrape one page; raises ApiError when it could not be."""
        body = await self._insist("POST", "/v2/scrape", {"url": url, **options, "integration": "cli"})
        document = body.get("data")
        if not isinstance(document, dict):
            raise ClientError(f"{self.base_url} answered without a document")
        return Scraped(document, body.get("warning"))

    async def start_batch(self, urls: list[str], options: dict[str, Any]) -> Started:
        """Start a batch; sent again under one idempotency key when the connection breaks."""
        return await self._start(BATCH, {"urls": urls, **options})

    async def start_crawl(self, url: str, options: dict[str, Any]) -> Started:
        """Start a crawl, in the same way."""
        return await self._start(CRAWL, {"url": url, **options})

    async def _start(self, kind: Kind, request: dict[str, Any]) -> Started:
        headers = {"x-idempotency-key": str(uuid.uuid4())}
        body = await self._insist("POST", kind.path, {**request, "integration": "cli"}, headers)
        if not isinstance(body.get("id"), str):
            raise ClientError(f"{self.base_url} answered without the id of a {kind.noun}")
        return Started(Job(kind, body["id"]), body.get("invalidURLs") or [], body.get("warning"))

    async def ask(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        """Ask what is answered at once: a map, a search."""
        return await self._insist("POST", path, {**request, "integration": "cli"})

    async def find(self, job_id: str) -> Job:
        """Return the job with an id, whatever its kind; raises ApiError when there is none."""
        for kind in (BATCH, CRAWL):
            job = Job(kind, job_id)
            try:
                await self.status(job, limit=1)
            except ApiError as error:
                if error.status != NOT_FOUND:
                    raise
            else:
                return job
        raise ApiError(NOT_FOUND, {"error": f"Job not found: there is no batch or crawl {job_id}"})

    async def status(self, job: Job, *, skip: int = 0, limit: int | None = None) -> StatusPage:
        """Return how a job stands, with documents from `skip` on."""
        query = f"?skip={skip}" + (f"&limit={limit}" if limit is not None else "")
        return await self.page(job.path + query)

    async def page(self, location: str) -> StatusPage:
        """Return the status page at a `next` link; only its path and query are used."""
        body = await self._insist("GET", self._own_path(location))
        return StatusPage(
            status=str(body.get("status")),
            completed=int(body.get("completed") or 0),
            total=int(body.get("total") or 0),
            documents=body.get("data") or [],
            next=body.get("next"),
            body=body,
        )

    async def cancel(self, job: Job) -> None:
        """Cancel a job; returns when the server says that it is cancelled."""
        body = await self._insist("DELETE", job.path)
        if body.get("status") != "cancelled":
            raise ClientError(f"{self.base_url} did not confirm the cancel")

    async def pause(self, job: Job, *, paused: bool) -> None:
        """Hold back what waits of a job, or let it go on; returns when the server says so."""
        body = await self._insist("POST", job.path + ("/pause" if paused else "/resume"))
        if body.get("paused") is not paused:
            raise ClientError(f"{self.base_url} did not confirm it")

    async def failures(self, job: Job) -> Failures:
        """Return the pages of a job that failed."""
        body = await self._insist("GET", job.path + "/errors")
        found, forbidden = body.get("errors"), body.get("robotsBlocked")
        return Failures(
            found if isinstance(found, list) else [], forbidden if isinstance(forbidden, list) else []
        )

    async def file(self, location: str) -> bytes:
        """Return the bytes that a document names by a link into this server, or by a data URL."""
        if location.startswith("data:"):
            return base64.b64decode(location.partition(",")[2])
        status, raw, _ = await self._exchange("GET", self._own_path(location))
        if status != 200:  # noqa: PLR2004
            raise ApiError(status, self._read(status, raw))
        return raw

    def _own_path(self, location: str) -> str:
        """Pin a link to this server: the key must not travel to whatever host a link names."""
        parts = urlsplit(location)
        path = parts.path.removeprefix(self._prefix) if self._prefix else parts.path
        return f"{path}?{parts.query}" if parts.query else path

    async def _insist(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Call, and call again when the connection breaks or the server asks to come back later.

        Where no connection was ever had, a wrong address is more likely than a restart.
        """
        pause = FIRST_PAUSE_S
        for _ in range(TRIES - 1):
            try:
                return await self._call(method, path, body, headers)
            except _Later as later:
                pause = max(pause, later.after_s)
            except NotConnected:
                if not self._answered:
                    raise
            except Broken:
                pass
            await asyncio.sleep(min(pause, LONGEST_PAUSE_S))
            pause *= 2
        return await self._call(method, path, body, headers)

    async def _call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Send one request; returns the body, raises ApiError for anything that is no success."""
        status, raw, retry_after = await self._exchange(method, path, body, headers)
        answer = self._read(status, raw)
        if status in WORTH_ANOTHER_TRY:
            raise _Later(status, answer, float(retry_after) if retry_after.isdecimal() else 0.0)
        if not 200 <= status < 300 or answer.get("success") is False:  # noqa: PLR2004
            raise ApiError(status, answer)
        return answer

    async def _exchange(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Send one request; return status, body and the value of Retry-After."""
        import aiohttp  # noqa: PLC0415 (15 MB that the processes of a server need not carry)

        if self._session is None:
            raise RuntimeError("the client is used outside of its context")
        try:
            data = None if body is None else orjson.dumps(body)
        except orjson.JSONEncodeError as error:
            raise ClientError(f"the request is not valid Unicode: {error}") from error
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if data is not None else {})}
        try:
            async with self._session.request(
                method, self.base_url + path, data=data, headers=sent, allow_redirects=False
            ) as response:
                raw = await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After", "")
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL, aiohttp.ConnectionTimeoutError) as error:
            raise NotConnected(f"{self.base_url} cannot be reached: {error}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise Broken(f"the connection to {self.base_url} broke: {reason}") from error
        self._answered = True
        return status, raw, retry_after

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            answer = orjson.loads(raw)
        except orjson.JSONDecodeError:
            answer = None
        if isinstance(answer, dict):
            return answer
        if status < 400:  # noqa: PLR2004
            raise ClientError(f"{self.base_url} does not speak the v2 API (HTTP {status})")
        return {"error": f"HTTP {status}: {raw[:200].decode(errors='replace').strip()}"}


class NotConnected(ClientError):
    """There is no connection to the server."""


class Broken(ClientError):
    """The connection ended before the answer did."""


class _Later(ApiError):
    """The server asks to come back; `after_s` is its own word on when, in seconds."""

    def __init__(self, status: int, body: dict[str, Any], after_s: float) -> None:
        super().__init__(status, body)
        self.after_s = after_s
