"""`/v2/profiles`: deleting what browsers remember for a team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads it at run time)

from webkiln.api.described import answers
from webkiln.api.envelope import json_response
from webkiln.contract.profile import ProfileDeleted

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes of profiles."""
    router = APIRouter(tags=["Profiles"])

    # Any text is a name, one with slashes too.
    @router.delete(
        "/v2/profiles/{name:path}",
        summary="Delete a profile",
        responses=answers(ProfileDeleted, 401, 404, 429, 500, 503),
    )
    async def delete(request: Request, name: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        await parts.profiles.delete(caller, name)
        return json_response({"success": True})

    return router
