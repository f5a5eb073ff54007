"""The task behind scrape and batch scrape: one page, with its tries and its event."""

from __future__ import annotations

import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.engine.outcome import NOTHING, Completed, Event, Snoozed
from webkiln.engine.retries import backoff_s
from webkiln.operations.failures import failed
from webkiln.operations.kinds import SCRAPE, endpoint_of
from webkiln.operations.webhooks import page_event
from webkiln.scraping.scraper import Target, TryAgain
from webkiln.store.hosts import HostNews
from webkiln.urls import InvalidUrl, authority_of, parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from webkiln.engine.outcome import Found, Outcome
    from webkiln.fetching.politeness import Resting
    from webkiln.operations.specs import PageSpec, Specs
    from webkiln.scraping.scraper import Scraped, Scraper
    from webkiln.store.tasks import ClaimedTask

_REST_S = 1.0  # what a host gets that says "too many" and not for how long
_PATIENCE_S = 120.0  # a site that asks for a longer pause gets none: its answer is the document


class PageHandler:
    """Scrapes the URL that is a task's payload."""

    def __init__(
        self,
        specs: Specs,
        scraper: Scraper,
        *,
        default_timeout_s: float,
        max_tries: int,
        allow_names: Container[str],
        resting: Resting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Try a page up to `max_tries` times on connection failures and answers that say busy.

        Hosts in `resting` are left alone, but by requests that wait.
        """
        self._resting = resting
        self._specs = specs
        self._scraper = scraper
        self._default_timeout_s = default_timeout_s
        self._max_tries = max_tries
        self._allow_names = allow_names
        self._now = clock

    async def run(self, task: ClaimedTask) -> Outcome:
        """Scrape the page; a failure that may pass is answered with a later try, while there is time."""
        spec = await self._specs.page(task.spec_id)
        if spec is None:
            raise errors.JobCancelled("The page's job is gone.")
        result = await self.attempt(task, spec)
        if isinstance(result, Snoozed):
            return result
        return completed(result, page_events(task, spec))

    async def attempt(
        self,
        task: ClaimedTask,
        spec: PageSpec,
        *,
        links: bool = False,
        crawl: str | None = None,
        hidden: bool = False,
    ) -> Scraped | Snoozed:
        """Scrape the page once, with its links if they are wanted; raises the ScrapeError it ends with.

        `crawl` is the start of the crawl that it belongs to, `hidden` says that nothing there leads to it.
        """
        left = self._time_left(spec)
        final = task.tries + 1 >= self._max_tries
        target = replace(self._target(task, spec, left, final=final), links=links, crawl=crawl, hidden=hidden)
        rests_until = self._resting.until(authority_of(target.url))
        if spec.deadline is None and rests_until > self._now():
            return Snoozed(rests_until, tries=0)
        try:
            result = await self._scraper.scrape(target)
        except errors.ScrapeError as error:
            delay = backoff_s(task.tries + 1)
            if not error.retry or final or not self._fits(spec, delay):
                raise _count_tries(error, task.tries + 1) from None
            return Snoozed(self._now() + delay)
        if isinstance(result, TryAgain):
            delay = backoff_s(task.tries + 1, asked_s=result.asked_s)
            if delay <= _PATIENCE_S and self._fits(spec, delay):
                return Snoozed(self._now() + delay, news=self._complaint(target, result))
            result = await self._scraper.document(target, result.page)
        return result

    async def abandon(self, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
        """Keep the error with the page and tell the receiver."""
        spec = await self._specs.page(task.spec_id)
        return failed(task, error, () if spec is None else page_events(task, spec, error.message))

    def _target(self, task: ClaimedTask, spec: PageSpec, timeout_s: float, *, final: bool) -> Target:
        try:
            url = parse_target(task.payload, self._allow_names)
        except InvalidUrl as error:
            raise errors.InvalidTarget(str(error)) from None
        return Target(
            id=task.id,
            typed=task.payload,
            url=url,
            options=spec.options,
            timeout_s=timeout_s,
            warnings=spec.warnings,
            zero_retention=task.zero_retention,
            final=final,
            urgent=spec.deadline is not None,  # a client waits
            base_url=spec.base_url,
            team_id=task.team_id,
            job_id="" if endpoint_of(task.kind) == SCRAPE else task.job_id,
            careful=task.crashes > 0,
        )

    def _time_left(self, spec: PageSpec) -> float:
        """Return the seconds this try may take; a request that waits counts its queueing too."""
        asked = spec.options.timeout_ms
        limit = self._default_timeout_s if asked is None else asked / 1000
        if spec.deadline is not None:
            limit = min(limit, spec.deadline - self._now())
            if limit <= 0:
                raise errors.ScrapeTimeout("The scrape timed out before a worker was free to begin it.")
        return limit

    def _complaint(self, target: Target, busy: TryAgain) -> HostNews | None:
        """Return what an answer says of its host, and let this process keep to it at once."""
        status = busy.page.status
        if status != HTTPStatus.TOO_MANY_REQUESTS and not (
            status == HTTPStatus.SERVICE_UNAVAILABLE and busy.asked_s
        ):
            return None
        host, rest_s = authority_of(target.url), _REST_S if busy.asked_s is None else busy.asked_s
        self._resting.rest(host, self._now() + rest_s)
        return HostNews(host, busy_s=rest_s)

    def _fits(self, spec: PageSpec, delay: float) -> bool:
        return spec.deadline is None or self._now() + delay < spec.deadline


def completed(result: Scraped, events: tuple[Event, ...], found: Found = NOTHING) -> Completed:
    """Return the outcome of a page that was scraped."""
    return Completed(
        result.document, result.credits, events, found, snapshot=result.snapshot, held=result.held
    )


def page_events(task: ClaimedTask, spec: PageSpec, error: str | None = None) -> tuple[Event, ...]:
    """Return the event that tells of a page, scraped or failed, if a receiver wants it."""
    if spec.outbox_id is None or not spec.page_events:
        return ()
    return (Event(spec.outbox_id, page_event(task.id, task.payload, error)),)


def _count_tries(error: errors.ScrapeError, tries: int) -> errors.ScrapeError:
    if tries == 1:
        return error
    return type(error)(f"{error.message} (tried {tries} times)")
