"""Bodies and query parameters of `/v2/team/*` and `/v2/concurrency-check` (contract §15)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from webkiln.contract.wire import Maybe, QueryModel, QueryNumber, Timestamp, WireModel


class CreditUsageData(WireModel):
    """Credits left; the billing period is null where nothing is billed."""

    remaining_credits: int
    plan_credits: int
    billing_period_start: Timestamp | None
    billing_period_end: Timestamp | None


class CreditUsage(WireModel):
    """200 of `GET /v2/team/credit-usage`."""

    success: Literal[True] = True
    data: CreditUsageData


class TokenUsageData(WireModel):
    """Tokens left."""

    remaining_tokens: int
    plan_tokens: int
    billing_period_start: Timestamp | None
    billing_period_end: Timestamp | None


class TokenUsage(WireModel):
    """200 of `GET /v2/team/token-usage`."""

    success: Literal[True] = True
    data: TokenUsageData


class HistoryQuery(QueryModel):
    """Whether a historical usage is split by API key."""

    by_api_key: Literal["true", "false"] = "false"


class CreditPeriod(WireModel):
    """Credits of one period; documents and clients differ on the name, so both are sent (§22.11)."""

    start_date: Timestamp
    end_date: Timestamp
    api_key: str | None = None
    credits_used: int
    total_credits: int


class CreditHistory(WireModel):
    """200 of `GET /v2/team/credit-usage/historical`."""

    success: Literal[True] = True
    periods: list[CreditPeriod]


class TokenPeriod(WireModel):
    """Tokens of one period, under both names."""

    start_date: Timestamp
    end_date: Timestamp
    api_key: str | None = None
    tokens_used: int
    total_tokens: int


class TokenHistory(WireModel):
    """200 of `GET /v2/team/token-usage/historical`."""

    success: Literal[True] = True
    periods: list[TokenPeriod]


class QueueStatus(WireModel):
    """200 of `GET /v2/team/queue-status`; counts are of pages."""

    success: Literal[True] = True
    jobs_in_queue: int
    active_jobs_in_queue: int
    waiting_jobs_in_queue: int
    max_concurrency: int
    most_recent_success: Timestamp | None


class ConcurrencyCheck(WireModel):
    """200 of `GET /v2/concurrency-check`."""

    success: Literal[True] = True
    concurrency: int
    max_concurrency: int


Endpoint: TypeAlias = Literal[
    "scrape",
    "crawl",
    "batch_scrape",
    "search",
    "extract",
    "llmstxt",
    "deep_research",
    "map",
    "agent",
    "browser",
    "interact",
]


class ActivityQuery(QueryModel):
    """Which activities; `cursor` is what the page before named."""

    endpoint: Maybe[Endpoint] = None
    limit: Annotated[QueryNumber, Field(ge=1, le=100)] = 50
    cursor: Maybe[Annotated[str, Field(min_length=1, max_length=500)]] = None


class Activity(WireModel):
    """One request of the last 24 hours; these keys are in snake case on the wire too."""

    id: str
    endpoint: Endpoint
    api_version: Annotated[str, Field(alias="api_version")]
    created_at: Annotated[Timestamp, Field(alias="created_at")]
    target: str | None


class ActivityPage(WireModel):
    """200 of `GET /v2/team/activity`."""

    success: Literal[True] = True
    data: list[Activity]
    cursor: str | None
    has_more: Annotated[bool, Field(alias="has_more")]
