"""The task behind a map: look at the site, or at what an earlier map found, and make the answer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import orjson

from webkiln import errors
from webkiln.contract.map import MOST_LINKS
from webkiln.engine.outcome import Completed
from webkiln.operations.failures import failed
from webkiln.operations.map_cache import Known
from webkiln.operations.map_links import listed
from webkiln.operations.map_spec import MapSpec
from webkiln.operations.map_survey import Bounds, Survey
from webkiln.scraping.storable import is_momentary
from webkiln.urls import origin_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.engine.outcome import Outcome
    from webkiln.operations.map_cache import MapCache
    from webkiln.operations.map_survey import Tools
    from webkiln.operations.specs import Specs
    from webkiln.store.tasks import ClaimedTask

_CREDITS: Final = 1  # flat (contract §18)
_TO_ANSWER: Final = 0.15  # part of the time that is kept for ranking and storing
_MOST_TO_ANSWER_S: Final = 1.0
_LONGEST_S: Final = 3_600.0
_FIRST_ERROR: Final = 400


class MapHandler:
    """Makes one map; the task's payload is the URL as it was typed."""

    def __init__(
        self,
        specs: Specs,
        tools: Tools,
        cache: MapCache,
        *,
        default_timeout_s: float,
        most_pages: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look for `default_timeout_s` where no timeout is named, and fetch up to `most_pages` pages."""
        self._specs = specs
        self._tools = tools
        self._cache = cache
        self._default_timeout_s = default_timeout_s
        self._most_pages = most_pages
        self._now = clock

    async def run(self, task: ClaimedTask) -> Outcome:
        """Answer with the links as JSON; raises MapFailed, MapTimeout, BlockedAddress."""
        kept = await self._specs.raw(task.spec_id)
        if kept is None:
            raise errors.JobCancelled("The map's job is gone.")
        spec = MapSpec.decode(kept)
        # To rank by relevance all are wanted; else as many as are answered.
        enough = spec.limit if spec.search is None else MOST_LINKS
        known = None
        if not spec.ignore_cache:
            known = await self._cache.find(spec, enough=enough, now=self._now())
        if known is None:
            known = await self._look(spec, enough, holder=task.id)
        return Completed(await asyncio.to_thread(_document, spec, known), _CREDITS)

    async def abandon(self, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
        """Keep the error."""
        return failed(task, error)

    async def _look(self, spec: MapSpec, enough: int, *, holder: str) -> Known:
        bounds = Bounds(self._seconds(spec), self._most_pages, enough)
        survey = Survey(self._tools, spec, bounds, holder=holder)
        await survey.run()
        entries = survey.entries
        if not entries and spec.sitemap != "only":
            _raise_what_failed(survey)
        known = Known(entries, enough, survey.linked, _warning(survey))
        complete = survey.start_error is None and not survey.out_of_time and not survey.turned_away
        if entries and complete and not (survey.start_status and is_momentary(survey.start_status)):
            await self._cache.keep(spec, known, now=self._now())
        return known

    def _seconds(self, spec: MapSpec) -> float:
        """Return for how long to look; raises MapTimeout when a request's time is over already."""
        if spec.deadline is None or spec.timeout_s is None:
            return self._default_timeout_s
        kept_s = min(spec.timeout_s * _TO_ANSWER, _MOST_TO_ANSWER_S)
        left_s = spec.deadline - self._now() - kept_s
        if left_s <= 0:
            raise errors.MapTimeout("The map timed out before a worker was free to begin it.")
        return min(left_s, _LONGEST_S)


def _raise_what_failed(survey: Survey) -> None:
    """Raise why nothing was found, unless the site itself showed nothing."""
    error = survey.start_error
    if survey.out_of_time or isinstance(error, errors.ScrapeTimeout):
        raise errors.MapTimeout("The map timed out before any page of the site was found.")
    if isinstance(error, errors.BlockedAddress):
        raise error
    if error is not None:
        raise errors.MapFailed(
            f"The site could not be mapped: no sitemap was found, and of its start page: {error.message}"
        )


def _warning(survey: Survey) -> str | None:
    """Return what the caller should know of pages that may be missing."""
    said = []
    if survey.out_of_time:
        said.append("The time ran out before the whole site was looked at; pages may be missing.")
    elif survey.turned_away:
        said.append("The site asked for fewer requests; pages may be missing.")
    elif survey.out_of_pages:
        said.append(
            f"The map ended after {survey.fetched} pages were fetched (WEBKILN_MAP_PAGES);"
            " pages may be missing."
        )
    if survey.start_error is not None:
        said.append(f"The start page could not be fetched: {survey.start_error.message}")
    elif survey.start_status is not None and survey.start_status >= _FIRST_ERROR:
        said.append(f"The start page was answered with status {survey.start_status}.")
    if not survey.entries and survey.sitemap_warning is not None:
        said.append(survey.sitemap_warning)
    return " ".join(said) or None


def _document(spec: MapSpec, known: Known) -> bytes:
    """Return the answer's links and its warning as JSON."""
    links = listed(known.entries, search=spec.search, ignore_query=spec.ignore_query, limit=spec.limit)
    said = [f"{warning.rstrip('.')}." for warning in spec.warnings]
    if known.warning is not None:
        said.append(known.warning)
    if len(links) <= 1 < spec.limit and spec.filter_by_path and parts_of(spec.url).path != "/":
        said.append(
            f"Only {len(links)} result(s) found. For broader coverage, try mapping the base domain"
            f" {origin_of(spec.url)} or send filterByPath=false."
        )
    document: dict[str, object] = {"links": links}
    if said:
        document["warning"] = " ".join(said)
    return orjson.dumps(document)
