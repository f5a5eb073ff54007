"""What an error looks like on the wire, for the OpenAPI page (contract §1.2, §3.5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from webkiln.contract.wire import Maybe, WireModel


class Issue(WireModel):
    """One thing wrong with a request: what, where, in words, and further keys of its code."""

    model_config = ConfigDict(extra="allow")

    code: str
    path: list[str | int]
    message: str


class ErrorBody(WireModel):
    """Every error but those of `BareErrorBody`."""

    success: Literal[False] = False
    error: str
    code: Maybe[str] = None


class BadRequestBody(ErrorBody):
    """400 for a body or parameters that break the schema."""

    details: Maybe[list[Issue]] = None


class ScrapeErrorBody(ErrorBody):
    """A page that could not be scraped; `code` tells why (contract §6.1)."""

    details: Any = None


class BareErrorBody(WireModel):
    """404 and 500 of `DELETE /v2/batch/scrape/{id}`: exactly this, without `success` (contract §3.5)."""

    error: str
