"""The search providers that are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.websearch.asking import Asking
from webkiln.websearch.brave import Brave
from webkiln.websearch.ddgs import Ddgs
from webkiln.websearch.failover import Failover
from webkiln.websearch.searchapi import SearchAPI
from webkiln.websearch.searxng import SearXNG
from webkiln.websearch.serper import Serper
from webkiln.websearch.tavily import Tavily

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from webkiln.settings import Settings
    from webkiln.websearch.query import SearchProvider


def open_search(settings: Settings) -> tuple[Failover, Asking]:
    """Return the providers in the order in which they are asked, and the connections to close at the end."""
    search = settings.search
    asking = Asking(timeout_s=search.search_timeout_s, extra_ca_file=settings.fetch.extra_ca_file)
    found: dict[str, SearchProvider] = {}
    if search.searxng_endpoint is not None:
        found["searxng"] = SearXNG(
            asking,
            search.searxng_endpoint,
            engines=search.searxng_engines,
            categories=search.searxng_categories,
        )
    keyed: tuple[tuple[str, SecretStr | None, Callable[[Asking, str], SearchProvider]], ...] = (
        ("serper", search.serper_api_key, Serper),
        ("searchapi", search.searchapi_api_key, SearchAPI),
        ("brave", search.brave_api_key, Brave),
        ("tavily", search.tavily_api_key, Tavily),
    )
    for name, key, provider in keyed:
        if key is not None:
            found[name] = provider(asking, key.get_secret_value())
    if search.search_ddgs or "ddgs" in search.search_providers:
        found["ddgs"] = Ddgs(timeout_s=search.search_timeout_s)
    return Failover([found[name] for name in search.search_providers or found]), asking
