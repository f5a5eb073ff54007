"""Hits as they are answered, with what was scraped of them (contract §9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from webkiln.operations.search_queries import category_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webkiln.websearch.query import Hit, Source

_OK = 200
_SERVER_ERROR = 500


def described(source: Source, hit: Hit, position: int, categories: Sequence[str]) -> dict[str, Any]:
    """Return a hit in the words of its source; what is not known is left out."""
    if source == "images":
        sizes = {"imageWidth": hit.image_width, "imageHeight": hit.image_height}
        item = {"title": hit.title, "imageUrl": hit.image_url, **sizes, "url": hit.url, "position": position}
    elif source == "news":
        item = {
            "title": hit.title,
            "url": hit.url,
            "snippet": hit.text,
            "date": hit.date,
            "imageUrl": hit.image_url,
            "position": position,
            "category": category_of(hit.url, categories),
        }
    else:
        item = {
            "url": hit.url,
            "title": hit.title,
            "description": hit.text,
            "position": position,
            "category": category_of(hit.url, categories),
        }
    return {name: value for name, value in item.items() if value is not None}


def merged(item: Mapping[str, Any], document: bytes) -> bytes:
    """Return a hit followed by the fields of its document, which is JSON already and has none of a hit's."""
    if document == b"{}":
        return orjson.dumps(item)
    return orjson.dumps(item)[:-1] + b"," + document[1:]


def unscraped(item: Mapping[str, Any], failure: Mapping[str, Any]) -> bytes:
    """Return a hit whose page could not be had: what the engine told of it, and why."""
    return orjson.dumps({**item, "metadata": {"sourceURL": item["url"], **failure}})


def failure_of(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    """Return the metadata of a failure; a failure that is answered with 200 is none of its page's success."""
    shown = _SERVER_ERROR if status == _OK else status
    return {"statusCode": shown, "error": message, **({} if code is None else {"code": code})}


def kept_failure(kept: bytes | None) -> dict[str, Any]:
    """Return the metadata of a failure that was stored with its task."""
    fields = orjson.loads(kept or b"{}")
    return failure_of(
        fields.get("status", _SERVER_ERROR), fields.get("error", "The page failed"), fields.get("code")
    )
