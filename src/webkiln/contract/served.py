"""The formats this release makes, by name; `supported` says of each request whether it can be served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = (
    *("markdown", "html", "rawHtml", "links", "images", "attributes", "product", "menu"),
    *("changeTracking", "quality", "screenshot", "branding"),
)

SHOWN = frozenset({"screenshot", "branding"})
"""Formats that only a browser can make."""


def named(whose: str, formats: Sequence[str]) -> str:
    """Return the sentence that tells which formats there are."""
    plain = ", ".join(name for name in formats if name not in SHOWN)
    shown = " and ".join(name for name in formats if name in SHOWN)
    return f"Formats of {whose}: {plain}, and with a browser {shown}."


FORMATS_NAMED = named("this server", FORMATS)
