"""Bodies of `/v1/team/*`: the figures of v2 under older names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.alias_generators import to_snake

from webkiln.contract.wire import Timestamp, WireModel


class V1CreditUsageData(WireModel):
    """Credits left; the billing period is null where nothing is billed."""

    remaining_credits: Annotated[int, Field(alias="remaining_credits")]
    plan_credits: Annotated[int, Field(alias="plan_credits")]
    billing_period_start: Annotated[Timestamp | None, Field(alias="billing_period_start")]
    billing_period_end: Annotated[Timestamp | None, Field(alias="billing_period_end")]


class V1CreditUsage(WireModel):
    """200 of `GET /v1/team/credit-usage`."""

    success: Literal[True] = True
    data: V1CreditUsageData


class V1TokenUsageData(WireModel):
    """Tokens left."""

    remaining_tokens: Annotated[int, Field(alias="remaining_tokens")]
    plan_tokens: Annotated[int, Field(alias="plan_tokens")]
    billing_period_start: Annotated[Timestamp | None, Field(alias="billing_period_start")]
    billing_period_end: Annotated[Timestamp | None, Field(alias="billing_period_end")]


class V1TokenUsage(WireModel):
    """200 of `GET /v1/team/token-usage`."""

    success: Literal[True] = True
    data: V1TokenUsageData


def usage_in_v1(figures: dict[str, Any]) -> dict[str, Any]:
    """Return figures of v2 under their older names."""
    return {to_snake(name): value for name, value in figures.items()}
