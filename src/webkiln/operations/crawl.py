"""A crawl: start, cancel, pause, list (contract §7). Watching it is `job_status`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from webkiln import errors, ids
from webkiln.contract.issues import bad_request, issue
from webkiln.contract.supported import check_supported
from webkiln.engine.submitting import Submission
from webkiln.frontier.patterns import InvalidPattern
from webkiln.frontier.rules import LinkRules
from webkiln.operations.crawl_spec import CrawlSpec, link_options
from webkiln.operations.job_control import JobControl
from webkiln.operations.job_status import timestamp
from webkiln.operations.kinds import CRAWL, kind_of, kinds_of
from webkiln.operations.repeats import Repeat
from webkiln.operations.specs import PageSpec
from webkiln.scraping.prices import most_price_of
from webkiln.store import job_lists
from webkiln.store.jobs import NewJob
from webkiln.telemetry.redaction import withholding
from webkiln.urls import authority_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.crawl import CrawlRequest
    from webkiln.contract.webhook import WebhookConfig
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.submitting import Outbox
    from webkiln.operations.caller import Caller
    from webkiln.operations.receivers import Receivers
    from webkiln.operations.targets import Targets
    from webkiln.store.requests import Once

KINDS = kinds_of(CRAWL)
NOUN = "crawl"
_LARGE = 1_000  # a crawl of more pages stands behind smaller ones
_MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Started:
    """A crawl that runs; one that is not `fresh` was started by an earlier request."""

    id: str
    warnings: list[str] = field(default_factory=list)
    fresh: bool = True

    def encode(self) -> bytes:
        """Return the JSON under which an idempotency key remembers this answer."""
        return orjson.dumps([self.id, self.warnings])

    @classmethod
    def decode(cls, kept: bytes) -> Started:
        """Read back what `encode` gave."""
        job_id, warnings = orjson.loads(kept)
        return cls(job_id, warnings, fresh=False)


class Crawl(JobControl):
    """What the crawl endpoints mean."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        targets: Targets,
        receivers: Receivers,
        *,
        start_grace_s: float,
        concurrency: int,
        browser: bool,
    ) -> None:
        """Hold pages back until `start_grace_s` after the start answer: a cancel sent at once finds them.

        `concurrency` is how many pages are in flight where a request names no number (0: no limit).
        `browser` says whether there is one for pages that need it.
        """
        super().__init__(lifecycle, kinds=KINDS, noun="Crawl", start_grace_s=start_grace_s)
        self._targets = targets
        self._receivers = receivers
        self._concurrency = concurrency
        self._browser = browser

    async def start(
        self,
        caller: Caller,
        request: CrawlRequest,
        *,
        affordable: int | None = None,
        max_url_depth: int | None = None,
        warnings: Sequence[str] = (),
        idempotency_key: str | None = None,
        body: bytes = b"",
    ) -> Started:
        """Store the crawl; on return it is on disk.

        It ends with as many pages as `affordable` credits pay for, where that is below its limit. Paths
        may have `max_url_depth` segments more than the start's: a bound that the older version of the API
        has. Raises BadRequest, BlockedAddress, PaymentRequired, RequestError (a pattern that is none) and
        Conflict (an idempotency key used with another body).
        """
        repeat = await Repeat.of(idempotency_key, body)
        if repeat is not None:
            kept = await repeat.earlier(self._lifecycle.database, caller)
            if kept is not None:
                return Started.decode(kept)
        if request.prompt is not None:
            text = "A prompt needs a language model, and this server has none."
            raise bad_request([issue("custom", ["prompt"], text)])
        all_warnings = [*warnings, *check_supported(request.scrape_options, browser=self._browser)]
        with withholding(when=request.zero_data_retention):
            origin = self._origin(request)
            receiver = self._receivers.choose(request.webhook)
        limit, price = request.limit, self._price(caller, request)
        if affordable is not None and affordable < limit * price:
            limit = affordable // price
            if not limit:
                raise errors.PaymentRequired
            all_warnings.append(f"The crawl ends with {limit} pages, for which there are credits left")
        started = Started(ids.new_id(), all_warnings)
        once = None if repeat is None else repeat.once(started.encode())
        outbox = self._receivers.outbox(
            caller, NOUN, started.id, receiver, zero_retention=request.zero_data_retention
        )
        submission = self._submission(
            caller, request, started, origin, limit, outbox, receiver, once, max_url_depth
        )
        earlier = await self._lifecycle.submit(submission)
        return started if earlier is None or repeat is None else Started.decode(repeat.replay(earlier))

    def _origin(self, request: CrawlRequest) -> str:
        """Return the start URL in normal form, and see that the patterns are some."""
        origin = self._targets.parse(request.url, ["url"])
        try:
            LinkRules(origin, link_options(request))
        except InvalidPattern as error:
            raise errors.RequestError(error.message) from None
        return origin

    def _submission(
        self,
        caller: Caller,
        request: CrawlRequest,
        started: Started,
        origin: str,
        limit: int,
        outbox: Outbox | None,
        receiver: WebhookConfig | None,
        once: Once | None,
        max_url_depth: int | None,
    ) -> Submission:
        now = self._lifecycle.now()
        outbox_id = None if outbox is None else outbox.job.id
        job = NewJob(
            id=started.id,
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=kind_of(CRAWL, request.scrape_options),
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=10 if limit <= _LARGE else 20,
            max_concurrency=self._in_flight(request),
            zero_retention=request.zero_data_retention,
            target=None if request.zero_data_retention else request.url,
            outbox_id=outbox_id,
            announce_end=receiver is not None and receiver.wants(f"{NOUN}.completed"),
            page_limit=limit,
            page_price=self._price(caller, request),
            delay_s=request.delay,
            # A bound on the depth is exact only when every page is found on its shortest way.
            level=None if request.max_discovery_depth is None else 0,
        )
        page = PageSpec(
            request.scrape_options,
            warnings=tuple(started.warnings),
            outbox_id=outbox_id,
            page_events=receiver is not None and receiver.wants(f"{NOUN}.page"),
            base_url=caller.base_url,
        )
        spec = CrawlSpec.of(request, origin, page, max_url_depth=max_url_depth)
        hosts = [authority_of(origin)]
        return Submission(job, spec.encode(), [request.url], outbox, once, waits_for_answer=True, hosts=hosts)

    @staticmethod
    def _price(caller: Caller, request: CrawlRequest) -> int:
        most = most_price_of(request.scrape_options, zero_retention=request.zero_data_retention)
        return caller.reserved(most)

    def _in_flight(self, request: CrawlRequest) -> int | None:
        """Return how many pages may be in flight; with a delay it is one at a time (contract §7.1)."""
        if request.delay is not None:
            return 1
        return request.max_concurrency or self._concurrency or None

    async def active(self, caller: Caller) -> list[dict[str, Any]]:
        """Return the team's running crawls, the newest first, as the contract lists them (§7.4)."""
        rows = await self._lifecycle.database.read(
            lambda connection: job_lists.running_with_spec(
                connection, caller.team_id, KINDS, limit=_MOST_LISTED
            )
        )
        return [_listed(job_id, caller.team_id, created_at, body) for job_id, created_at, body in rows]


def _listed(job_id: str, team_id: str, created_at: float, body: bytes) -> dict[str, Any]:
    spec = CrawlSpec.decode(orjson.loads(body))
    return {
        "id": job_id,
        "teamId": team_id,
        "url": spec.start,
        "created_at": timestamp(created_at),
        "options": spec.shown,
    }
