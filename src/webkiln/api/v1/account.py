"""`/v1/team/*` and `/v1/concurrency-check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads the annotations)

from webkiln.api.account import credit_history_of, token_history_of
from webkiln.api.described import answers
from webkiln.api.envelope import json_response
from webkiln.contract.account import ConcurrencyCheck, CreditHistory, QueueStatus, TokenHistory
from webkiln.contract.v1.account import V1CreditUsage, V1TokenUsage, usage_in_v1

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes that show what a team used and has queued."""
    router = APIRouter()

    @router.get("/v1/team/credit-usage", responses=answers(V1CreditUsage, 401, 429, 500, 503))
    async def credit_usage(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        figures = await parts.account.credits_left(caller)
        return json_response({"success": True, "data": usage_in_v1(figures)})

    @router.get("/v1/team/token-usage", responses=answers(V1TokenUsage, 401, 429, 500, 503))
    async def token_usage(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        figures = await parts.account.tokens_left(caller)
        return json_response({"success": True, "data": usage_in_v1(figures)})

    @router.get("/v1/team/credit-usage/historical", responses=answers(CreditHistory, 400, 401, 429, 500, 503))
    async def credit_history(
        request: Request, by_api_key: Annotated[str, Query(alias="byApiKey")] = "false"
    ) -> Response:
        return await credit_history_of(parts, request, by_api_key)

    @router.get("/v1/team/token-usage/historical", responses=answers(TokenHistory, 400, 401, 429, 500, 503))
    async def token_history(
        request: Request, by_api_key: Annotated[str, Query(alias="byApiKey")] = "false"
    ) -> Response:
        return await token_history_of(parts, request, by_api_key)

    @router.get("/v1/team/queue-status", responses=answers(QueueStatus, 401, 429, 500, 503))
    async def queue_status(request: Request) -> Response:
        caller = await parts.auth.caller(request, "account")
        return json_response({"success": True, **await parts.account.queue(caller)})

    @router.get("/v1/concurrency-check", responses=answers(ConcurrencyCheck, 401, 429, 500, 503))
    async def concurrency(request: Request) -> Response:
        caller = await parts.auth.caller(request, "status")
        return json_response({"success": True, **await parts.account.concurrency(caller)})

    return router
