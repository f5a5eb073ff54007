"""Searching the web, and scraping what is found while the client waits (contract §9.1)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from webkiln import errors, ids
from webkiln.contract.issues import bad_request, issue
from webkiln.contract.supported import check_supported
from webkiln.engine.late_cancels import LateCancels
from webkiln.engine.submitting import Submission
from webkiln.operations.kinds import SEARCH, kind_of, kinds_of
from webkiln.operations.search_hits import described, failure_of, kept_failure, merged, unscraped
from webkiln.operations.search_queries import HOSTED, category_names, queries_of
from webkiln.operations.specs import PageSpec
from webkiln.scraping.prices import most_price_of
from webkiln.store import documents, jobs
from webkiln.store.jobs import NewJob
from webkiln.urls import authority_of
from webkiln.websearch.failover import AllFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from webkiln.contract.search import SearchRequest
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.waiting import EndOfJobs
    from webkiln.operations.caller import Caller
    from webkiln.operations.targets import Targets
    from webkiln.websearch.failover import Answered, Failover
    from webkiln.websearch.query import Hit, Query

KINDS = kinds_of(SEARCH)
_PRIORITY = 1  # after single pages, before every batch
_LAST_MOMENT_S = 0.25  # what the workers' own timeout errors get to arrive
_CREDITS_PER_TEN = 2
_MOST_BYTES = 64 * 1024 * 1024
_TOO_LARGE = "The documents of this answer are too large together; read this one by its scrapeId"
_TOO_LATE = "The time of the search ran out before the page was scraped"


class LocalHit(Protocol):
    """A page the team has scraped before."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    @property
    def title(self) -> str:
        """Its title."""
        ...

    @property
    def description(self) -> str:
        """What of it fits the query."""
        ...


class LocalFinder(Protocol):
    """Searches what the team has scraped before."""

    async def find(
        self,
        caller: Caller,
        query: str,
        *,
        limit: int,
        include_domains: tuple[str, ...],
        exclude_domains: tuple[str, ...],
    ) -> Sequence[LocalHit]:
        """Return the pages that fit best."""
        ...


@dataclass(slots=True)
class Searched:
    """The answer: by source, hits that are JSON already."""

    id: str
    data: dict[str, list[bytes]] = field(default_factory=dict)
    credits_used: int = 0
    warnings: list[str] = field(default_factory=list)


class _Item(NamedTuple):
    source: str
    shown: dict[str, Any]


class _Wait(NamedTuple):
    """Until when a client waits, in the installation's time, and how long that was in all."""

    deadline: float
    timeout_s: float


def most_credits(request: SearchRequest) -> int:
    """Return what a search can cost at most (contract §18)."""
    sources = [source.type for source in request.asked if source.type != "local"]
    pages = request.limit * sum(source != "images" for source in sources)
    found = _CREDITS_PER_TEN * -(-request.limit * len(sources) // 10)
    return found + (pages if request.scrape_options.formats else 0)


class Search:
    """Asks the providers, and makes one job of the pages to scrape."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        waiting: EndOfJobs,
        targets: Targets,
        providers: Failover,
        *,
        local: LocalFinder,
        browser: bool,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        """`local` answers for the source of that name; `browser` says whether there is one.

        Documents of `most_bytes` together are put into one answer.
        """
        self._most_bytes = most_bytes
        self._lifecycle = lifecycle
        self._waiting = waiting
        self._late_cancels = LateCancels(lifecycle)
        self._targets = targets
        self._providers = providers
        self._local = local
        self._browser = browser

    async def run(self, caller: Caller, request: SearchRequest, warnings: Sequence[str] = ()) -> Searched:
        """Return the hits, scraped if that was asked for.

        Raises BadRequest, Forbidden, SearchNotConfigured, SearchFailed, and ScrapeTimeout when the
        time ran out with nothing found. A caller that goes away (cancels this call) takes the
        pages along; when the time runs out, those that are done are in the answer.
        """
        searched = Searched(ids.new_id(), warnings=[*warnings, *self._checked(request)])
        queries = queries_of(request)
        if queries and not self._providers:
            raise errors.SearchNotConfigured
        timeout_s = request.timeout / 1000
        wait = _Wait(self._lifecycle.now() + timeout_s, timeout_s)
        here = await self._look_here(caller, request)
        found = await self._ask(request, queries, wait, searched.warnings)
        items = [item for query in queries for item in self._shown(request, query, found)]
        searched.credits_used = _CREDITS_PER_TEN * -(-len(items) // 10)
        await self._scrape(caller, request, items, wait, searched)
        searched.data |= here
        # Clients take the first of news and images unseen, and ask web for its length (contract §19.6).
        if any(query.source == "web" for query in queries):
            searched.data.setdefault("web", [])
        return searched

    def _checked(self, request: SearchRequest) -> list[str]:
        """Return the warnings for what has no effect; raises Forbidden and BadRequest for what cannot be."""
        if {"anon", "zdr"} & set(request.enterprise):
            raise errors.Forbidden("Enterprise search options are not enabled for your team.")
        if request.threat_protection is not None:
            raise errors.Forbidden("Threat protection is not enabled for your team.")
        if request.async_scraping:
            text = "asyncScraping is not available on this server; leave it out and wait for the answer."
            raise bad_request([issue("custom", ["asyncScraping"], text)])
        warnings = []
        if request.highlights:
            warnings.append("highlights has no effect: descriptions are those of the search provider")
        warnings += [
            f"The category '{name}' is a choice of sites on this server, not an index of its own"
            for name in category_names(request)
            if name in HOSTED
        ]
        options = request.scrape_options
        if not options.formats:
            if options.model_fields_set - {"formats"}:
                warnings.append("scrapeOptions has no effect without formats")
            return warnings
        try:
            return warnings + check_supported(options, browser=self._browser)
        except errors.BadRequest as error:
            for found in error.details:
                found["path"] = ["scrapeOptions", *found["path"]]
            raise

    async def _ask(
        self, request: SearchRequest, queries: Sequence[Query], wait: _Wait, warnings: list[str]
    ) -> dict[str, Answered]:
        """Ask for all sources at once; one that fails is a warning while another has an answer."""
        within_s = wait.deadline - self._lifecycle.now()
        answers = await asyncio.gather(
            *(self._providers.search(query, within_s) for query in queries), return_exceptions=True
        )
        found: dict[str, Answered] = {}
        failures = []
        for query, answer in zip(queries, answers, strict=True):
            if isinstance(answer, AllFailed):
                failures.append(f"The search for {query.source} failed: {answer}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found[query.source] = answer
                warnings += [warning for warning in answer.warnings if warning not in warnings]
        if failures and not found and not any(source.type == "local" for source in request.asked):
            if self._lifecycle.now() >= wait.deadline:
                raise errors.ScrapeTimeout(f"No search provider answered within {wait.timeout_s:g} s.")
            raise errors.SearchFailed(". ".join(failures) + ".")
        warnings += failures
        return found

    def _shown(self, request: SearchRequest, query: Query, found: dict[str, Answered]) -> list[_Item]:
        """Return the hits of a source as they are answered: what is asked for, and no more."""
        answer = found.get(query.source)
        hits: Sequence[Hit] = () if answer is None else answer.found.hits
        if query.source == "images":
            hits = [hit for hit in hits if hit.image_url is not None]
        if request.ignore_invalid_urls:
            hits = [hit for hit in hits if self._targets.acceptable(hit.url) is not None]
        names = category_names(request)
        return [
            _Item(query.source, described(query.source, hit, position, names))
            for position, hit in enumerate(hits[: request.limit], 1)
        ]

    async def _look_here(self, caller: Caller, request: SearchRequest) -> dict[str, list[bytes]]:
        if not any(source.type == "local" for source in request.asked):
            return {}
        pages = await self._local.find(
            caller,
            request.query,
            limit=request.limit,
            include_domains=request.include_domains,
            exclude_domains=request.exclude_domains,
        )
        found = [
            {"url": page.url, "title": page.title, "description": page.description, "position": place}
            for place, page in enumerate(pages, 1)
        ]
        return {"local": [merged(page, b"{}") for page in found]}

    async def _scrape(
        self, caller: Caller, request: SearchRequest, items: Sequence[_Item], wait: _Wait, searched: Searched
    ) -> None:
        """Store the search as a job with its pages; put the hits into the answer, with what came of them."""
        pages = dict.fromkeys(
            item.shown["url"] for item in items if request.scrape_options.formats and item.source != "images"
        )
        failures = self._refused(pages)
        urls = [url for url in pages if url not in failures]
        job = self._job(caller, request, searched.id)
        spec = PageSpec(request.scrape_options, deadline=wait.deadline, base_url=caller.base_url)
        hosts = [authority_of(url) for url in urls] if self._lifecycle.host_limits else None
        made: dict[str, bytes] = {}
        with self._waiting.watching(job.id):
            try:
                fee = searched.credits_used
                await self._lifecycle.submit(Submission(job, spec.encode(), urls, hosts=hosts, fee=fee))
                if urls:
                    made = await self._pages(caller, job.id, wait, failures, searched)
            except asyncio.CancelledError:
                await asyncio.shield(self._late_cancels.cancel(job.id, wait.deadline))
                raise
            except errors.Unavailable:
                self._late_cancels.add(job.id, wait.deadline)
                raise
        late = [url for url in urls if url not in made and url not in failures]
        if late:
            searched.warnings.append(f"The time ran out: {len(late)} of {len(urls)} pages were not scraped")
        for source, shown in items:
            url = shown["url"]
            if source == "images" or url not in pages:
                hit = merged(shown, b"{}")
            elif url in made:
                hit = merged(shown, made[url])
            else:
                hit = unscraped(shown, failures.get(url) or failure_of(408, _TOO_LATE, "SCRAPE_TIMEOUT"))
            searched.data.setdefault(source, []).append(hit)

    def _refused(self, pages: dict[str, None]) -> dict[str, dict[str, Any]]:
        """Return why the scraper would not even try, by URL."""
        failures = {}
        for url in pages:
            try:
                self._targets.parse(url, ["url"])
            except (errors.BadRequest, errors.BlockedAddress) as error:
                failures[url] = failure_of(error.status, error.message, error.code)
        return failures

    def _job(self, caller: Caller, request: SearchRequest, job_id: str) -> NewJob:
        now = self._lifecycle.now()
        return NewJob(
            id=job_id,
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=kind_of(SEARCH, request.scrape_options) if request.scrape_options.formats else SEARCH,
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=_PRIORITY,
            target=request.query,
            page_price=caller.reserved(most_price_of(request.scrape_options, zero_retention=False)),
        )

    async def _pages(
        self,
        caller: Caller,
        job_id: str,
        wait: _Wait,
        failures: dict[str, dict[str, Any]],
        searched: Searched,
    ) -> dict[str, bytes]:
        """Wait for the job; return the documents by URL, and add what failed to `failures`."""

        async def ended() -> bool:
            job = await self._lifecycle.database.read(read)
            return job is None or job.state != "running"

        def read(connection: Connection) -> jobs.Job | None:
            return jobs.read_job(
                connection, job_id, team_id=caller.team_id, kinds=KINDS, now=self._lifecycle.now()
            )

        in_time = await self._waiting.until(
            job_id, ended, deadline=wait.deadline + _LAST_MOMENT_S, now=self._lifecycle.now
        )
        if not in_time:
            await self._lifecycle.cancel(job_id)

        def collect(connection: Connection) -> dict[str, bytes]:
            job = read(connection)
            searched.credits_used += 0 if job is None else job.credits
            for failed in documents.read_failures(connection, job_id):
                failures[failed.payload] = kept_failure(failed.error)
            places = documents.read_pages(connection, job_id)
            bodies = documents.read_documents(
                connection, job_id, skip=0, limit=len(places), max_bytes=self._most_bytes
            )
            for task_id, url in places[len(bodies) :]:
                failures[url] = {**failure_of(413, _TOO_LARGE), "scrapeId": task_id}
            return {url: body for (_, url), body in zip(places, bodies, strict=False)}

        return await self._lifecycle.database.read(collect)
