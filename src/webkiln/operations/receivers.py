"""Who is told of a job's events: the receiver a request names, or the operator's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.contract.webhook import WebhookConfig
from webkiln.operations.webhooks import open_outbox

if TYPE_CHECKING:
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.submitting import Outbox
    from webkiln.operations.caller import Caller
    from webkiln.operations.targets import Targets


class Receivers:
    """Judges receivers and opens the outboxes of jobs."""

    def __init__(self, lifecycle: Lifecycle, targets: Targets, default_webhook: str | None) -> None:
        """Tell `default_webhook` where a request names none; it may hold `{{JOB_ID}}`."""
        self._lifecycle = lifecycle
        self._targets = targets
        self._default = default_webhook

    def choose(self, asked: WebhookConfig | None) -> WebhookConfig | None:
        """Return whom to tell; raises BadRequest or BlockedAddress for a receiver that is refused."""
        if asked is not None:
            self._targets.parse(asked.url, ["webhook", "url"])
            return asked
        return None if self._default is None else WebhookConfig(url=self._default)

    def outbox(
        self, caller: Caller, noun: str, job_id: str, receiver: WebhookConfig | None, *, zero_retention: bool
    ) -> Outbox | None:
        """Return the outbox of a job; `noun` begins the names of its events."""
        if receiver is None:
            return None
        config = receiver.model_copy(update={"url": receiver.url.replace("{{JOB_ID}}", job_id)})
        now = self._lifecycle.now()
        return open_outbox(
            job_id,
            noun,
            config,
            caller,
            now=now,
            expires_at=now + self._lifecycle.ttl_s,
            zero_retention=zero_retention,
        )
