"""Telling a receiver what happened: the events of a job, signed and delivered in order (contract §16)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import time
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from webkiln import errors, ids
from webkiln.engine.outcome import Completed, Failed, Snoozed, encodable
from webkiln.engine.submitting import Outbox
from webkiln.store import documents
from webkiln.store.jobs import NewJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.contract.webhook import WebhookConfig
    from webkiln.engine.outcome import Outcome
    from webkiln.fetching.sender import WebhookSender
    from webkiln.operations.caller import Caller
    from webkiln.operations.specs import Specs
    from webkiln.settings import WebhookSettings
    from webkiln.store.database import Database
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

KIND = "webhook"
_GONE = 410
_REMEMBERED = 1_000


def open_outbox(
    job_id: str,
    noun: str,
    config: WebhookConfig,
    caller: Caller,
    *,
    now: float,
    expires_at: float,
    zero_retention: bool,
) -> Outbox:
    """Describe the outbox of a job: a job of its own whose tasks are deliveries.

    `noun` begins the names of its events (`batch_scrape.page`). The events name pages and their
    errors, so they are kept no longer than the job asked for.
    """
    outbox = NewJob(
        id=ids.new_id(),
        team_id=caller.team_id,
        key_id=caller.key_id,
        kind=KIND,
        parent_id=job_id,
        created_at=now,
        expires_at=expires_at,
        max_concurrency=1,
        fifo=True,
        zero_retention=zero_retention,
    )
    spec = {
        "job_id": job_id,
        "noun": noun,
        "url": config.url,
        "headers": config.headers,
        "metadata": config.metadata,
    }
    started = orjson.dumps({"event": "started"}).decode() if config.wants(f"{noun}.started") else None
    return Outbox(outbox, orjson.dumps(spec), started)


def page_event(task_id: str, url: str, error: str | None = None) -> str:
    """Return the payload that announces a page, scraped or failed."""
    event: dict[str, Any] = {"event": "page", "task": task_id, "url": url}
    if error is not None:
        event["error"] = encodable(error)
    return orjson.dumps(event).decode()


class WebhookHandler:
    """Delivers one event: at least once, never holding a job open.

    A receiver drops repeats by `webhook-id`, which stays the same over all tries of an event.
    """

    def __init__(
        self,
        database: Database,
        specs: Specs,
        sender: WebhookSender,
        settings: WebhookSettings,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign with the settings' secret, if there is one, and retry on their schedule."""
        self._database = database
        self._specs = specs
        self._sender = sender
        self._settings = settings
        self._now = clock
        # Outboxes whose receiver said that it is gone, and those whose last event nobody took.
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._silent: OrderedDict[str, None] = OrderedDict()

    async def run(self, task: ClaimedTask) -> Outcome:
        """Try once to deliver; answers that are not 2xx are tried again on the schedule.

        A receiver that says it is gone (410) gets nothing more. Behind an event that was dropped
        after all its tries, others get one try each until one arrives: with the whole schedule
        each, a dead receiver's outbox would not be empty for months.
        """
        if task.job_id in self._gone:
            return _dropped("the receiver is gone")
        spec = await self._specs.raw(task.spec_id)
        if spec is None:
            return Completed()
        body = await self._body(task, spec)
        if body is None:
            return Completed()
        timestamp = str(int(self._now()))
        headers = {
            **{name: value for name, value in spec["headers"].items() if name.lower() != "content-type"},
            "Content-Type": "application/json",
            **self._signatures(task.id, timestamp, body),
        }
        try:
            status = await self._sender.post(
                spec["url"], headers=headers, body=body, timeout_s=self._settings.webhook_timeout_s
            )
        except errors.ScrapeError as error:
            return self._again(
                task, f"{error.code}", final=isinstance(error, errors.BlockedAddress | errors.InvalidTarget)
            )
        if 200 <= status < 300:  # noqa: PLR2004 (HTTP's success class)
            self._silent.pop(task.job_id, None)
            return Completed()
        if status == _GONE:
            _remember(self._gone, task.job_id)
        return self._again(task, f"status {status}", final=status == _GONE)

    async def abandon(self, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
        """Drop the event."""
        return self._again(task, error.message, final=True)

    def _again(self, task: ClaimedTask, reason: str, *, final: bool) -> Outcome:
        delays = self._settings.webhook_retry_delays_s
        exhausted = task.tries >= len(delays)
        if exhausted:
            _remember(self._silent, task.job_id)
        if final or exhausted or task.job_id in self._silent:
            log.warning(
                "webhook event dropped", job=task.job_id, task=task.id, reason=reason, tries=task.tries + 1
            )
            return _dropped(reason)
        return Snoozed(self._now() + delays[task.tries])

    async def _body(self, task: ClaimedTask, spec: dict[str, Any]) -> bytes | None:
        """Return the envelope of contract §16; None when the page it tells of has expired."""
        event = orjson.loads(task.payload)
        noun = spec["noun"]
        envelope: dict[str, Any] = {"success": "error" not in event, "type": "", "id": spec["job_id"]}
        envelope["webhookId"] = str(uuid.UUID(task.id))
        if event["event"] == "page":
            envelope["type"] = f"{noun}.page"
            document = await self._document(task, event)
            if document is None:
                return None
            envelope["data"] = [orjson.Fragment(document)]
            if "error" in event:
                envelope["error"] = event["error"]
        else:
            envelope["type"] = f"{noun}.started" if event["event"] == "started" else f"{noun}.completed"
            envelope["data"] = []
            if event.get("state") == "cancelled":
                envelope["status"] = "cancelled"
        if spec["metadata"]:
            envelope["metadata"] = spec["metadata"]
        return orjson.dumps(envelope)

    async def _document(self, task: ClaimedTask, event: dict[str, Any]) -> bytes | None:
        if "error" in event:
            return orjson.dumps({"metadata": {"sourceURL": event["url"]}})
        now = self._now()
        return await self._database.read(
            lambda connection: documents.read_document(
                connection, event["task"], team_id=task.team_id, now=now
            )
        )

    def _signatures(self, event_id: str, timestamp: str, body: bytes) -> dict[str, str]:
        """Return the headers of the published API and those of the Standard Webhooks specification."""
        headers = {"webhook-id": event_id, "webhook-timestamp": timestamp}
        if self._settings.webhook_secret is not None:
            secret = self._settings.webhook_secret.get_secret_value().encode()
            signed = hmac.digest(
                standard_key(secret), f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256
            )
            headers["webhook-signature"] = "v1," + base64.b64encode(signed).decode()
            headers["X-Firecrawl-Signature"] = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return headers


def _dropped(reason: str) -> Failed:
    return Failed(errors.SiteFailed(f"The receiver did not take the event: {reason}."))


def _remember(outboxes: OrderedDict[str, None], outbox_id: str) -> None:
    outboxes[outbox_id] = None
    while len(outboxes) > _REMEMBERED:
        outboxes.popitem(last=False)


def standard_key(secret: bytes) -> bytes:
    """Return the key that Standard Webhooks signs with: `whsec_` marks base64, all else is itself."""
    if secret.startswith(b"whsec_"):
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
    return secret
