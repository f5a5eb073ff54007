"""A server that speaks the v2 contract, in a thread of its own; independent of our server's code.

A job moves on by `step` pages each time its status is asked for, so no test depends on time.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "fc-0123456789abcdef0123456789abcdef"


@dataclass
class Job:
    urls: list[str]
    failing: set[str]
    invalid: list[str]
    ended: int = 0
    cancelled: bool = False
    paused: bool = False
    noun: str = "batch/scrape"
    more: dict = field(default_factory=dict)

    @property
    def failed(self):
        return [url for url in self.urls[: self.ended] if url in self.failing]

    @property
    def documents(self):
        urls = [url for url in self.urls[: self.ended] if url not in self.failing]
        return [{**document(url), **self.more} for url in urls]

    @property
    def status(self):
        if self.cancelled:
            return "cancelled"
        return "completed" if self.ended == len(self.urls) else "scraping"

    @property
    def total(self):
        left = 0 if self.cancelled else len(self.urls) - self.ended
        return len(self.documents) + left


def document(url):
    return {
        "markdown": f"# {url}",
        "html": f"<h1>{url}</h1>",
        "links": [f"{url}/a", f"{url}/b"],
        "metadata": {
            "sourceURL": url,
            "url": url,
            "statusCode": 404 if "missing" in url else 200,
            "title": url,
        },
    }


def error(status, text, **more):
    return web.json_response({"success": False, "error": text, **more}, status=status)


def local(server):
    """Return what starts "a server in this process"; one with tasks in a group, as a real one has."""

    @contextlib.asynccontextmanager
    async def start():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asyncio.Event().wait())
            try:
                yield server.url, KEY
            finally:
                task.cancel()

    return start


@dataclass
class ApiServer:
    step: int = 10
    page_size: int = 7
    failing: set[str] = field(default_factory=set)
    site: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    found: dict = field(default_factory=dict)
    warning: str | None = None
    stumbles: list[str] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    by_idempotency_key: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, dict]] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)
    held: bool = False
    cancels: Literal["at once", "later", "without an answer"] = "at once"
    on_start: Callable[[], None] = lambda: None
    url: str = ""

    def start(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self):
        app = web.Application(middlewares=[self._gate], client_max_size=64 << 20)
        app.add_routes(
            [
                web.get("/v0/health/liveness", self._alive),
                web.post("/v2/scrape", self._scrape),
                web.post("/v2/map", self._map),
                web.post("/v2/search", self._search),
                web.post("/v2/batch/scrape", self._start),
                web.post("/v2/crawl", self._crawl),
            ]
        )
        for noun in ("batch/scrape", "crawl"):
            app.add_routes(
                [
                    web.get(f"/v2/{{noun:{noun}}}/{{id}}", self._status),
                    web.delete(f"/v2/{{noun:{noun}}}/{{id}}", self._cancel),
                    web.get(f"/v2/{{noun:{noun}}}/{{id}}/errors", self._errors),
                    web.post(f"/v2/{{noun:{noun}}}/{{id}}/{{how:pause|resume}}", self._pause),
                ]
            )
        self._runner = web.AppRunner(app, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @web.middleware
    async def _gate(self, request, handler):
        self.requests.append((request.method, request.path_qs, dict(request.headers)))
        if request.path != "/v0/health/liveness":
            if request.headers.get("Authorization") != f"Bearer {KEY}":
                return error(401, "Unauthorized")
            if self.stumbles:
                return await self._stumble(request, handler, self.stumbles.pop(0))
        return await handler(request)

    async def _stumble(self, request, handler, how):
        if how == "after":  # the work is done, the answer is lost
            await handler(request)
        if how in ("before", "after"):
            request.transport.abort()
            return web.Response()
        return error(int(how), "come back later")

    async def _alive(self, _):
        return web.json_response({"status": "ok"})

    async def _scrape(self, request):
        body = await request.json()
        self.bodies.append(body)
        url = body["url"]
        if "nodns" in url:
            text = "The name does not resolve"
            return error(200, text, code="SCRAPE_DNS_RESOLUTION_ERROR")
        if unknown := set(body["formats"]) - {"markdown", "html", "links"}:
            issues = [{"code": "custom", "path": ["formats", 0], "message": f"no {name}"} for name in unknown]
            return error(400, "Bad Request", code="BAD_REQUEST", details=issues)
        if url in self.failing:
            return error(500, "The site did not answer\x1b[31m", code="SCRAPE_SITE_ERROR")
        wanted = {*body["formats"], "metadata"}
        found = {key: value for key, value in document(url).items() if key in wanted}
        return web.json_response(
            {"success": True, "data": found, **({"warning": self.warning} if self.warning else {})}
        )

    async def _start(self, request):
        body = await request.json()
        self.bodies.append(body)
        key = request.headers.get("x-idempotency-key")
        job_id = self.by_idempotency_key.setdefault(key, str(uuid.uuid4()))
        invalid = [url for url in body["urls"] if " " in url]
        if job_id not in self.jobs:
            urls = [url for url in body["urls"] if url not in invalid]
            self.jobs[job_id] = Job(urls, self.failing, invalid)
        self.on_start()
        answer = {"success": True, "id": job_id, "url": f"{self.url}/v2/batch/scrape/{job_id}"}
        more = {"warning": self.warning} if self.warning else {}
        return web.json_response({**answer, "invalidURLs": invalid, **more})

    async def _crawl(self, request):
        body = await request.json()
        self.bodies.append(body)
        key = request.headers.get("x-idempotency-key")
        job_id = self.by_idempotency_key.setdefault(key, str(uuid.uuid4()))
        if job_id not in self.jobs:
            raw = "rawHtml" in body["scrapeOptions"]["formats"]
            more = {"rawHtml": "<p>a page</p>"} if raw else {}
            self.jobs[job_id] = Job(self.site, self.failing, [], noun="crawl", more=more)
        self.on_start()
        more = {"warning": self.warning} if self.warning else {}
        return web.json_response(
            {"success": True, "id": job_id, "url": f"{self.url}/v2/crawl/{job_id}", **more}
        )

    async def _map(self, request):
        self.bodies.append(await request.json())
        links = [{"url": url, "title": f"About {url}"} for url in self.site]
        more = {"warning": self.warning} if self.warning else {}
        return web.json_response({"success": True, "id": str(uuid.uuid4()), "links": links, **more})

    async def _search(self, request):
        body = await request.json()
        self.bodies.append(body)
        more = {"warning": self.warning} if self.warning else {}
        answer = {"success": True, "data": self.found, "creditsUsed": 2, "id": str(uuid.uuid4())}
        return web.json_response({**answer, **more})

    async def _pause(self, request):
        job = self._job(request)
        if job is None:
            return error(404, "Job not found")
        if job.status != "scraping":
            return error(409, "Crawl is already completed")
        job.paused = request.match_info["how"] == "pause"
        return web.json_response({"success": True, "status": "scraping", "paused": job.paused})

    def _job(self, request):
        job = self.jobs.get(request.match_info["id"])
        return job if job is not None and job.noun == request.match_info["noun"] else None

    async def _status(self, request):
        job = self._job(request)
        if job is None:
            return error(404, "Job not found")
        if not self.held and job.status == "scraping":
            job.ended = min(job.ended + self.step, len(job.urls))
        skip, limit = int(request.query.get("skip", 0)), int(request.query.get("limit", self.page_size))
        page = job.documents[skip : skip + limit]
        body = {
            "success": True,
            "status": job.status,
            "completed": len(job.documents),
            "total": job.total,
            "creditsUsed": len(job.documents),
            "expiresAt": "2026-08-22T10:00:00.000Z",
            "data": page,
            **({"paused": True} if job.paused else {}),
        }
        if job.total > skip + len(page) or job.status != "completed":
            asked = f"&limit={limit}" if "limit" in request.query else ""
            # Another host on purpose: a client must pin links to the server it talks to.
            body["next"] = f"https://elsewhere.test{request.path}?skip={skip + len(page)}{asked}"
        return web.json_response(body)

    async def _cancel(self, request):
        job = self._job(request)
        if job is None:
            return web.json_response({"error": "Batch scrape job not found."}, status=404)
        if job.status == "completed":
            return error(409, "Batch scrape is already completed")
        if self.cancels == "without an answer":
            await asyncio.Event().wait()
        job.cancelled = self.cancels == "at once"
        return web.json_response({"status": "cancelled"})

    async def _errors(self, request):
        job = self._job(request)
        if job is None:
            return error(404, "Job not found")
        found = [{"id": "x", "url": url, "error": "The site did not answer"} for url in job.failed]
        found += [{"url": url, "code": "CRAWL_DENIAL", "error": "external link"} for url in self.outside]
        return web.json_response({"success": True, "errors": found, "robotsBlocked": self.forbidden})
