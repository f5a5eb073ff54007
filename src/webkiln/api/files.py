"""`/files`: pictures and prints that documents name (contract §4.1); the name is the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.responses import Response

from webkiln.api.described import answers

if TYPE_CHECKING:
    from webkiln.api.parts import Parts

_PATH = "/files/{hour}/{file}"
_METHODS = ["GET", "HEAD"]
_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf"})
_MOST_FRESH_S = 86_400
_ALWAYS = {
    # Whatever a page has put into it, nothing in it runs as ours.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file; the ending of its name says what it is",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def routes(parts: Parts) -> APIRouter:
    """Return the routes of files.

    They ask for no API key: names are 160 random bits, and a browser that shows a document's picture
    has no key to send.
    """
    router = APIRouter(tags=["Files"])

    # FastAPI warns of a route with two methods on its page: the upper is described, the lower answers.
    @router.get(
        _PATH,
        summary="Fetch a picture or print that a document names; no key",
        response_class=Response,
        responses=_BYTES | answers(None, 404, 500, 503),
        openapi_extra={"security": []},
    )
    @router.api_route(_PATH, methods=_METHODS, include_in_schema=False)
    async def read(
        hour: Annotated[str, InPath(description="When the file is gone, such as 2026-11-26T03")],
        file: Annotated[str, InPath(description="Its secret, and what it is: .png, .jpeg, .webp, .pdf, …")],
    ) -> Response:
        return await _answer(parts, f"{hour}/{file}")

    @router.api_route("/files/{name:path}", methods=_METHODS, include_in_schema=False)
    async def read_oddly_named(name: str) -> Response:
        return await _answer(parts, name)  # a name of another shape is as unknown as any other

    return router


async def _answer(parts: Parts, name: str) -> Response:
    found = await parts.files.read(name)
    # A browser must never take a page's own HTML for one of ours.
    shown = "inline" if found.media_type in _SHOWN else "attachment"
    headers = {
        **_ALWAYS,
        # Named here, for otherwise a charset would be added that nobody has looked for.
        "Content-Type": found.media_type,
        "Content-Disposition": f'{shown}; filename="{name.rpartition("/")[2]}"',
        "Cache-Control": f"private, max-age={min(int(found.left_s), _MOST_FRESH_S)}",
    }
    return Response(found.data, headers=headers)
