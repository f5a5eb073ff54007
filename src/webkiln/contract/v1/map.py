"""Bodies of `/v1/map`, and the same in words of v2."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from webkiln.contract.map import MapRequest
from webkiln.contract.scrape import AuditMetadata, Location  # noqa: TC001 (pydantic reads them at run time)
from webkiln.contract.v1.wire import V1Body, in_v2
from webkiln.contract.wire import Address, Maybe, Whole, WireModel

MOST_LINKS = 30_000
DEFAULT_LIMIT = 5_000


class V1MapRequest(V1Body):
    """`POST /v1/map`; with both `sitemapOnly` and `ignoreSitemap` the first one counts."""

    url: Address
    search: Maybe[Annotated[str, Field(max_length=1_000)]] = None
    ignore_sitemap: bool = False
    sitemap_only: bool = False
    include_subdomains: bool = True
    limit: Annotated[int, Whole(1, MOST_LINKS)] = DEFAULT_LIMIT
    timeout: Maybe[Annotated[int, Whole(1)]] = None
    use_index: bool = True
    location: Maybe[Location] = None
    audit_metadata: Maybe[AuditMetadata] = None

    def to_v2(self, _warnings: list[str]) -> MapRequest:
        """Return the same request to v2. Raises BadRequest."""
        wire = self.to_wire()
        for key in ("ignoreSitemap", "sitemapOnly"):
            wire.pop(key, None)
        if self.sitemap_only:
            wire["sitemap"] = "only"
        elif self.ignore_sitemap:
            wire["sitemap"] = "skip"
        return in_v2(MapRequest, wire)


class V1MapResponse(WireModel):
    """200 of `POST /v1/map`: the addresses alone."""

    success: Literal[True] = True
    links: list[str]
    warning: Maybe[str] = None


def map_in_v1(found: dict[str, Any]) -> dict[str, Any]:
    """Return what v2 has found as v1 answers it."""
    warning = {"warning": found["warning"]} if "warning" in found else {}
    return {"success": True, "links": [link["url"] for link in found["links"]], **warning}
