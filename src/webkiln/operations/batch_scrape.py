"""A batch of pages: start, append, cancel (contract §3). Watching it is `job_status`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import orjson

from webkiln import errors, ids
from webkiln.contract.supported import check_supported
from webkiln.engine.submitting import Addition, Submission
from webkiln.operations.failures import log_refused
from webkiln.operations.job_control import JobControl
from webkiln.operations.kinds import BATCH_SCRAPE, kind_of, kinds_of
from webkiln.operations.repeats import Repeat
from webkiln.operations.specs import PageSpec
from webkiln.scraping.prices import most_price_of
from webkiln.store import jobs
from webkiln.store.jobs import NewJob
from webkiln.store.requests import Earlier
from webkiln.telemetry.redaction import withholding
from webkiln.urls import authority_of, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.batch_scrape import BatchScrapeRequest
    from webkiln.contract.webhook import WebhookConfig
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.submitting import Outbox
    from webkiln.operations.caller import Caller
    from webkiln.operations.receivers import Receivers
    from webkiln.operations.targets import Targets
    from webkiln.store.jobs import Job
    from webkiln.store.requests import Once

KINDS = kinds_of(BATCH_SCRAPE)
NOUN = "batch_scrape"
_LARGE = 1_000  # a batch of more pages stands behind smaller ones


@dataclass(frozen=True, slots=True)
class Started:
    """A batch that runs; `invalid_urls` is None where the request wanted them refused instead."""

    id: str
    invalid_urls: list[str] | None
    warnings: list[str] = field(default_factory=list)
    fresh: bool = True

    def encode(self) -> bytes:
        """Return the JSON under which an idempotency key remembers this answer."""
        return orjson.dumps([self.id, self.invalid_urls, self.warnings])

    @classmethod
    def decode(cls, kept: bytes) -> Started:
        """Read back what `encode` gave."""
        job_id, invalid_urls, warnings = orjson.loads(kept)
        return cls(job_id, invalid_urls, warnings, fresh=False)


class _Judged(NamedTuple):
    """The URLs of a request: what is scraped, of which hosts, and what is refused."""

    urls: list[str]
    hosts: list[str]
    invalid: list[str] | None


class BatchScrape(JobControl):
    """What the batch endpoints mean."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        targets: Targets,
        receivers: Receivers,
        *,
        start_grace_s: float,
        browser: bool,
    ) -> None:
        """Hold pages back until `start_grace_s` after the start answer: a cancel sent at once finds them.

        `browser` says whether there is one for pages that need it.
        """
        self._browser = browser
        super().__init__(lifecycle, kinds=KINDS, noun="Batch scrape", start_grace_s=start_grace_s)
        self._targets = targets
        self._receivers = receivers

    async def start(
        self,
        caller: Caller,
        request: BatchScrapeRequest,
        *,
        warnings: Sequence[str] = (),
        idempotency_key: str | None = None,
        body: bytes = b"",
    ) -> Started:
        """Store the batch, or append to the one the request names; on return it is on disk.

        Raises BadRequest, BlockedAddress, PaymentRequired, NotFound (unknown `appendToId`) and Conflict (an
        idempotency key used with another body, or an append to a cancelled batch).
        """
        repeat = await Repeat.of(idempotency_key, body)
        if repeat is not None:
            kept = await repeat.earlier(self._lifecycle.database, caller)
            if kept is not None:
                return Started.decode(kept)
        all_warnings = [*warnings, *check_supported(request.options, browser=self._browser)]
        with withholding(when=request.zero_data_retention):
            if len(request.urls) > _LARGE:
                judged = await asyncio.to_thread(self._judge, request)  # nothing else would be heard
            else:
                judged = self._judge(request)
            webhook = self._receivers.choose(request.webhook)
        job_id = request.append_to_id or ids.new_id()
        started = Started(job_id, judged.invalid, all_warnings, fresh=request.append_to_id is None)
        once = None if repeat is None else repeat.once(started.encode())
        if request.append_to_id is not None:
            earlier = await self._append(caller, request, job_id, judged, webhook, all_warnings, once)
        else:
            submission = self._submission(caller, request, job_id, judged, webhook, all_warnings, once)
            earlier = await self._lifecycle.submit(submission)
        return started if earlier is None or repeat is None else Started.decode(repeat.replay(earlier))

    async def find(self, caller: Caller, job_id: str) -> Job | None:
        """Return the team's batch, or None."""
        now = self._lifecycle.now()
        return await self._lifecycle.database.read(
            lambda connection: jobs.read_job(connection, job_id, team_id=caller.team_id, kinds=KINDS, now=now)
        )

    def _judge(self, request: BatchScrapeRequest) -> _Judged:
        """Sort the URLs into those to scrape, as typed, and those refused, as sent (contract §3.1)."""
        urls: list[str] = []
        hosts: list[str] = []
        invalid: list[str] = []
        refused: list[str] = []
        for place, typed in enumerate(request.urls):
            if not request.ignore_invalid_urls:
                url: str | None = self._targets.parse(typed, ["urls", place])
            else:
                url = self._targets.acceptable(typed, refused)
            if url is None:
                invalid.append(typed)
                continue
            urls.append(trimmed(typed))
            hosts.append(authority_of(url))
        log_refused(refused)
        if not urls:
            raise errors.RequestError("No valid URLs provided")
        return _Judged(urls, hosts, invalid if request.ignore_invalid_urls else None)

    def _outbox(
        self, caller: Caller, request: BatchScrapeRequest, job_id: str, webhook: WebhookConfig | None
    ) -> Outbox | None:
        return self._receivers.outbox(
            caller, NOUN, job_id, webhook, zero_retention=request.zero_data_retention
        )

    def _submission(
        self,
        caller: Caller,
        request: BatchScrapeRequest,
        job_id: str,
        judged: _Judged,
        webhook: WebhookConfig | None,
        warnings: list[str],
        once: Once | None,
    ) -> Submission:
        now = self._lifecycle.now()
        outbox = self._outbox(caller, request, job_id, webhook)
        job = NewJob(
            id=job_id,
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=kind_of(BATCH_SCRAPE, request.options),
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=10 if len(judged.urls) <= _LARGE else 20,
            max_concurrency=request.max_concurrency,
            zero_retention=request.zero_data_retention,
            target=None if request.zero_data_retention else judged.urls[0],
            outbox_id=None if outbox is None else outbox.job.id,
            announce_end=webhook is not None and webhook.wants(f"{NOUN}.completed"),
            page_price=caller.reserved(
                most_price_of(request.options, zero_retention=request.zero_data_retention)
            ),
        )
        spec = _page_spec(caller, request, outbox, webhook, warnings)
        return Submission(
            job, spec.encode(), judged.urls, outbox, once, waits_for_answer=True, hosts=judged.hosts
        )

    async def _append(
        self,
        caller: Caller,
        request: BatchScrapeRequest,
        job_id: str,
        judged: _Judged,
        webhook: WebhookConfig | None,
        warnings: list[str],
        once: Once | None,
    ) -> Earlier | None:
        if await self.find(caller, job_id) is None:
            raise errors.NotFound
        outbox = self._outbox(caller, request, job_id, webhook)
        spec = _page_spec(caller, request, outbox, webhook, warnings)
        added = await self._lifecycle.append(
            Addition(job_id, spec.encode(), judged.urls, outbox, once, judged.hosts)
        )
        if isinstance(added, Earlier):
            return added
        if not added:
            raise errors.Conflict("The batch scrape is cancelled; nothing can be appended to it.")
        return None


def _page_spec(
    caller: Caller,
    request: BatchScrapeRequest,
    outbox: Outbox | None,
    webhook: WebhookConfig | None,
    warnings: list[str],
) -> PageSpec:
    return PageSpec(
        request.options,
        warnings=tuple(warnings),
        outbox_id=None if outbox is None else outbox.job.id,
        page_events=webhook is not None and webhook.wants(f"{NOUN}.page"),
        base_url=caller.base_url,
    )
