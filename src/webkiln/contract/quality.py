"""What a page is to its reader, as the format `quality` answers it in `metadata`; this server's own."""

from __future__ import annotations

from typing import Literal

from webkiln.contract.wire import Maybe, WireModel


class Quality(WireModel):
    """What a page is to its reader: the verdict, its signs, and how many words there are.

    `repeats` is the URL of an earlier page of the same job that says nearly the same.
    """

    verdict: Literal["ok", "thin", "emptyShell", "soft404", "blocked", "paywall", "error"]
    signs: list[str]
    words: int
    repeats: Maybe[str] = None
