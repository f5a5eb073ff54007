"""Scraping one page while the client waits (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln import errors, ids
from webkiln.contract.supported import check_supported
from webkiln.engine.submitting import Submission
from webkiln.operations.kinds import SCRAPE, kind_of
from webkiln.operations.one_task import OneTask
from webkiln.operations.specs import PageSpec
from webkiln.scraping.prices import most_price_of
from webkiln.store import documents
from webkiln.store.jobs import NewJob
from webkiln.telemetry.redaction import withholding
from webkiln.urls import authority_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.scrape import ScrapeRequest
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.waiting import EndOfJobs
    from webkiln.operations.caller import Caller
    from webkiln.operations.targets import Targets

_PRIORITY = 0  # before every batch


class Scrape:
    """Makes a job of one task and waits for its end."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        waiting: EndOfJobs,
        targets: Targets,
        *,
        default_timeout_s: float,
        browser: bool,
    ) -> None:
        """Wait `default_timeout_s` where the request names no timeout; `browser`: whether there is one."""
        self._browser = browser
        self._lifecycle = lifecycle
        self._one_task = OneTask(lifecycle, waiting)
        self._targets = targets
        self._default_timeout_s = default_timeout_s

    async def run(self, caller: Caller, request: ScrapeRequest, warnings: Sequence[str] = ()) -> bytes:
        """Return the document as JSON.

        Raises BadRequest, or the ScrapeError the page ended with. A caller that goes away
        (cancels this call) takes the scrape along.
        """
        warnings = [*warnings, *check_supported(request.options, browser=self._browser)]
        with withholding(when=request.zero_data_retention):
            url = self._targets.parse(request.url, ["url"])
        hosts = [authority_of(url)] if self._lifecycle.host_limits else None
        now = self._lifecycle.now()
        timeout_ms = request.options.timeout_ms
        timeout_s = self._default_timeout_s if timeout_ms is None else timeout_ms / 1000
        deadline = now + timeout_s
        spec = PageSpec(
            request.options, warnings=tuple(warnings), deadline=deadline, base_url=caller.base_url
        )
        job = NewJob(
            id=ids.new_id(),
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=kind_of(SCRAPE, request.options),
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=_PRIORITY,
            target=None if request.zero_data_retention else request.url,
            zero_retention=request.zero_data_retention,
            page_price=caller.reserved(
                most_price_of(request.options, zero_retention=request.zero_data_retention)
            ),
        )
        submission = Submission(job, spec.encode(), [request.url], hosts=hosts)
        document = await self._one_task.document(submission, deadline=deadline)
        if document is None:
            raise errors.ScrapeTimeout(
                f"The scrape did not finish within its {timeout_s:g} s; the page was given up."
            )
        return document

    async def read(self, caller: Caller, scrape_id: str) -> bytes:
        """Return a finished page of any job of the team by its own id; raises NotFound."""
        now = self._lifecycle.now()
        found = await self._lifecycle.database.read(
            lambda connection: documents.read_document(connection, scrape_id, team_id=caller.team_id, now=now)
        )
        if found is None:
            raise errors.NotFound("Job not found.")
        return found
