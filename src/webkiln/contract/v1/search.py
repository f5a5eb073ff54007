"""Bodies of `/v1/search`, and the same in words of v2."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webkiln.contract.scrape import MOST_TIMEOUT_MS
from webkiln.contract.search import (
    DEFAULT_TIMEOUT_MS,
    Country,
    Filter,
    Lang,
    Place,
    SearchRequest,
    Tbs,
    WebHit,
)
from webkiln.contract.v1.scrape import V1Formats, V1ScrapeOptions, options_in_v2
from webkiln.contract.v1.wire import V1Body, in_v2
from webkiln.contract.wire import Maybe, Whole, WireModel

DEFAULT_LIMIT = 5
DEFAULT_LANG = "en"
DEFAULT_COUNTRY = "us"


class V1HitOptions(V1ScrapeOptions):
    """How hits are scraped; without formats they are not."""

    formats: V1Formats = ()


class V1SearchRequest(V1Body):
    """`POST /v1/search`, of the web only; `timeout` in milliseconds."""

    query: Annotated[str, Field(max_length=500)]
    limit: Annotated[int, Whole(1, 100)] = DEFAULT_LIMIT
    tbs: Maybe[Tbs] = None
    filter: Maybe[Filter] = None
    lang: Lang = DEFAULT_LANG
    country: Country = DEFAULT_COUNTRY
    location: Maybe[Place] = None
    timeout: Annotated[int, Whole(1, MOST_TIMEOUT_MS, clamps=True)] = DEFAULT_TIMEOUT_MS
    ignore_invalid_urls: Annotated[bool, Field(alias="ignoreInvalidURLs")] = False
    scrape_options: V1HitOptions = Field(default_factory=V1HitOptions)

    def to_v2(self, warnings: list[str]) -> SearchRequest:
        """Return the same request to v2; what has no effect is added to `warnings`. Raises BadRequest."""
        wire = self.to_wire()
        wire.pop("scrapeOptions", None)
        wire["limit"] = self.limit
        for key, usual in (("lang", DEFAULT_LANG), ("country", DEFAULT_COUNTRY)):
            if wire.get(key) == usual:  # clients always name these; v2 takes them for granted
                del wire[key]
        options = self.scrape_options
        if options.formats or options.model_fields_set - {"formats", "timeout"}:
            wire["scrapeOptions"] = options_in_v2(options, warnings)
        return in_v2(SearchRequest, wire)


class V1SearchResponse(WireModel):
    """200 of `POST /v1/search`: the hits in one list, with the fields of their documents."""

    success: Literal[True] = True
    data: list[WebHit]
    warning: Maybe[str] = None
