"""Where a job reports its events, and which (contract §16)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from webkiln.contract.wire import Address, Headers, Items, Shorthand, WireModel, refuse

OWN_HEADERS = frozenset({"x-firecrawl-signature", "webhook-id", "webhook-timestamp", "webhook-signature"})

EventName: TypeAlias = Literal[
    "started",
    "page",
    "completed",
    "failed",
    "batch_scrape.started",
    "batch_scrape.page",
    "batch_scrape.completed",
    "batch_scrape.failed",
    "crawl.started",
    "crawl.page",
    "crawl.completed",
    "crawl.failed",
]


def _not_ours(headers: dict[str, str]) -> dict[str, str]:
    """Refuse the headers a delivery is signed with: a receiver must be able to trust them."""
    refused = sorted({name.lower() for name in headers} & OWN_HEADERS)
    if refused:
        raise refuse(f"The following headers are not allowed: {', '.join(refused)}")
    return headers


def _url_alone(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class WebhookConfig(WireModel):
    """A receiver; `url` is the text as sent, judged when the job is made and at each delivery."""

    url: Annotated[Address, Field(min_length=1, max_length=10_000)]
    headers: Annotated[Headers, AfterValidator(_not_ours)] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
    events: Annotated[Items[EventName], Field(max_length=50)] = (
        "started",
        "page",
        "completed",
        "failed",
    )

    def wants(self, event: str) -> bool:
        """Return whether the receiver asked for an event, by its full name (`batch_scrape.page`)."""
        names: tuple[str, ...] = self.events
        return event in names or event.partition(".")[2] in names


Webhook: TypeAlias = Annotated[WebhookConfig, Shorthand(_url_alone, {"type": "string", "format": "uri"})]
