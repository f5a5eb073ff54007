"""What a browser brought besides a page's HTML, as the document names it: pictures by their addresses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webkiln.fetching.page import Page, Picture
    from webkiln.store.blobs import BlobStore


async def keep_shown(page: Page, blobs: BlobStore, *, base_url: str, expires_at: float) -> dict[str, Any]:
    """Store a page's pictures and return the fields of the document that name them (contract §4.2, §5).

    `base_url` is under what this server is known; without it they are data URLs.
    Raises errors.Unavailable when they cannot be stored.
    """
    rendered = page.rendered
    if rendered is None:
        return {}

    async def address(picture: Picture) -> str:
        if not base_url:
            encoded = base64.b64encode(picture.data).decode()
            return f"data:{picture.media_type};base64,{encoded}"
        name = await blobs.put(picture.data, picture.media_type, expires_at=expires_at)
        return f"{base_url}/files/{name}"

    fields: dict[str, Any] = {}
    if rendered.screenshot is not None:
        fields["screenshot"] = await address(rendered.screenshot)
    results: dict[str, list[Any]] = {
        "screenshots": [await address(picture) for picture in rendered.screenshots],
        "scrapes": [{"url": url, "html": html} for url, html in rendered.scrapes],
        "javascriptReturns": [{"type": kind, "value": value} for kind, value in rendered.returns],
        "pdfs": [await address(picture) for picture in rendered.pdfs],
    }
    if any(results.values()):
        fields["actions"] = results
    return fields
