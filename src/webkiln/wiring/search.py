"""The search providers that are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    from webkiln.settings import SearchSettings, Settings
    from webkiln.websearch.asking import Asking
    from webkiln.websearch.query import SearchProvider

    _Provider = Callable[[Asking, str], SearchProvider]


def open_search(settings: Settings) -> Failover:
    """Return the providers in the order in which they are asked; close them at the end."""
    search = settings.search
    found: dict[str, SearchProvider] = {}
    close = None
    if _asks_servers(search):
        # Only who asks a server loads the client: 12 MiB.
        from webkiln.websearch.asking import Asking  # noqa: PLC0415

        asking = Asking(timeout_s=search.search_timeout_s, extra_ca_file=settings.fetch.extra_ca_file)
        close = asking.close
        found.update(_servers(search, asking))
    if search.search_ddgs or "ddgs" in search.search_providers:
        found["ddgs"] = Ddgs(timeout_s=search.search_timeout_s)
    return Failover([found[name] for name in search.search_providers or found], close)


def _keyed(search: SearchSettings) -> dict[str, tuple[SecretStr | None, _Provider]]:
    return {
        "serper": (search.serper_api_key, Serper),
        "searchapi": (search.searchapi_api_key, SearchAPI),
        "brave": (search.brave_api_key, Brave),
        "tavily": (search.tavily_api_key, Tavily),
    }


def _asks_servers(search: SearchSettings) -> bool:
    keys = (key for key, _ in _keyed(search).values())
    return search.searxng_endpoint is not None or any(key is not None for key in keys)


def _servers(search: SearchSettings, asking: Asking) -> dict[str, SearchProvider]:
    found: dict[str, SearchProvider] = {}
    if search.searxng_endpoint is not None:
        found["searxng"] = SearXNG(
            asking,
            search.searxng_endpoint,
            engines=search.searxng_engines,
            categories=search.searxng_categories,
        )
    for name, (key, provider) in _keyed(search).items():
        if key is not None:
            found[name] = provider(asking, key.get_secret_value())
    return found
