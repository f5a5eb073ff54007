"""`/v2/team/*` and `/v2/concurrency-check` (contract §15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads the annotations)

from webkiln.api.described import answers
from webkiln.api.envelope import json_response
from webkiln.contract import account as wire
from webkiln.contract.wire import parse_query
from webkiln.operations.account import TOKENS_PER_CREDIT

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes that show what a team used and has queued."""
    router = APIRouter(tags=["Account"])

    @router.get("/v2/team/credit-usage", responses=answers(wire.CreditUsage, 401, 429, 500, 503))
    async def credit_usage(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        return json_response({"success": True, "data": await parts.account.credits_left(caller)})

    @router.get("/v2/team/token-usage", responses=answers(wire.TokenUsage, 401, 429, 500, 503))
    async def token_usage(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        return json_response({"success": True, "data": await parts.account.tokens_left(caller)})

    @router.get(
        "/v2/team/credit-usage/historical", responses=answers(wire.CreditHistory, 400, 401, 429, 500, 503)
    )
    async def credit_history(
        request: Request, by_api_key: Annotated[str, Query(alias="byApiKey")] = "false"
    ) -> Response:
        return await credit_history_of(parts, request, by_api_key)

    @router.get(
        "/v2/team/token-usage/historical", responses=answers(wire.TokenHistory, 400, 401, 429, 500, 503)
    )
    async def token_history(
        request: Request, by_api_key: Annotated[str, Query(alias="byApiKey")] = "false"
    ) -> Response:
        return await token_history_of(parts, request, by_api_key)

    @router.get("/v2/team/queue-status", responses=answers(wire.QueueStatus, 401, 429, 500, 503))
    async def queue_status(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        return json_response({"success": True, **await parts.account.queue(caller)})

    @router.get("/v2/team/activity", responses=answers(wire.ActivityPage, 400, 401, 429, 500, 503))
    async def activity(
        request: Request,
        endpoint: Annotated[str | None, Query()] = None,
        limit: Annotated[str | None, Query()] = None,
        cursor: Annotated[str | None, Query()] = None,
    ) -> Response:
        caller = await parts.auth.caller(request, "account")
        given = {"endpoint": endpoint, "limit": limit, "cursor": cursor}
        query = parse_query(
            wire.ActivityQuery, {name: value for name, value in given.items() if value is not None}
        )
        return json_response({"success": True, **await parts.account.activity(caller, query)})

    @router.get("/v2/concurrency-check", responses=answers(wire.ConcurrencyCheck, 401, 429, 500, 503))
    async def concurrency(request: Request) -> Response:
        caller = await parts.auth.caller(request, "status")
        return json_response({"success": True, **await parts.account.concurrency(caller)})

    return router


async def credit_history_of(parts: Parts, request: Request, by_api_key: str) -> Response:
    """Answer with the credits of each month."""
    return await _history(parts, request, by_api_key, ("creditsUsed", "totalCredits"), 1)


async def token_history_of(parts: Parts, request: Request, by_api_key: str) -> Response:
    """Answer with the tokens of each month."""
    return await _history(parts, request, by_api_key, ("tokensUsed", "totalTokens"), TOKENS_PER_CREDIT)


async def _history(
    parts: Parts, request: Request, by_api_key: str, names: tuple[str, str], factor: int
) -> Response:
    caller = await parts.auth.caller(request, "account")
    query = parse_query(wire.HistoryQuery, {"byApiKey": by_api_key})
    rows = await parts.account.history(caller, by_key=query.by_api_key == "true")
    periods = [
        {"startDate": start, "endDate": end, "apiKey": key, **dict.fromkeys(names, used * factor)}
        for start, end, key, used in rows
    ]
    return json_response({"success": True, "periods": periods})
