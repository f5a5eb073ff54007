"""Every route of the older version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from webkiln.api.v1 import account, batch_scrape, crawl, map, scrape, search  # noqa: A004

if TYPE_CHECKING:
    from webkiln.api.parts import Parts

NOUNS = (scrape, batch_scrape, crawl, map, search, account)


def routes(parts: Parts) -> APIRouter:
    """Return the routes of v1."""
    router = APIRouter(tags=["API v1"])
    for noun in NOUNS:
        router.include_router(noun.routes(parts))
    return router
