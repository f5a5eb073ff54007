"""What a search engine is asked for, and what it found, in words of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from webkiln.urls import InvalidUrl, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from webkiln.websearch.freshness import Freshness

Source = Literal["web", "news", "images"]

DEFAULT_LANG: Final = "en"
DEFAULT_COUNTRY: Final = "us"


class ProviderFailed(Exception):
    """A provider gave no usable answer; the text says why and holds no address, key or query."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result as its provider tells it; `image_*` of news and images, sizes in pixels."""

    url: str
    title: str = ""
    text: str = ""
    date: str | None = None
    image_url: str | None = None
    image_width: int | None = None
    image_height: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of one provider: hits that the query admits, each URL once, the best first.

    `notes` say in words which parts of the query had no effect. `silent` are the engines behind the
    provider that did not answer it, with the reasons it tells.
    """

    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question to one source; what was not asked for is None or empty.

    `sites` and `file_type` come from categories, and a hit need fit only one of them.
    `include_domains` and `exclude_domains` hold besides. `country` is in lower case.
    """

    text: str
    source: Source = "web"
    limit: int = 10
    sites: tuple[str, ...] = ()
    file_type: str | None = None
    include_domains: tuple[str, ...] = ()
    exclude_domains: tuple[str, ...] = ()
    freshness: Freshness | None = None
    lang: str | None = None
    country: str | None = None
    location: str | None = None
    safe: bool | None = None
    duplicates: str | None = None

    @property
    def wanted(self) -> int:
        """How many hits a provider is asked for: some of them will not do."""
        return 2 * self.limit

    @property
    def language(self) -> str:
        """The language to search in, as `en` or `en-gb`."""
        return (self.lang or DEFAULT_LANG).lower().replace("_", "-")

    @property
    def region(self) -> str | None:
        """The country to search for; None where a location says more (contract §9.1)."""
        return self.country or (None if self.location else DEFAULT_COUNTRY)

    def admits(self, url: str) -> bool:
        """Return whether a hit at `url` is one that was asked for; an engine may pass over operators."""
        if not url.lower().startswith(("http://", "https://")):
            return False
        try:
            host = host_of(url)
        except InvalidUrl:
            return False
        if under(host, self.exclude_domains):
            return False
        if self.include_domains and not under(host, self.include_domains):
            return False
        # Whether a file is of a type does not show in every URL: there the engine is believed.
        return not self.sites or self.file_type is not None or under(host, self.sites)


def under(host: str, domains: Iterable[str]) -> bool:
    """Return whether a host is one of the domains or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


class SearchProvider(Protocol):
    """A search engine."""

    @property
    def name(self) -> str:
        """What settings, warnings and the log call it."""
        ...

    async def search(self, query: Query) -> Found:
        """Ask it; raises ProviderFailed. To be cancelled means that nobody waits any more."""
        ...


_ASKED: dict[str, Callable[[Query], bool]] = {
    "tbs": lambda query: query.freshness is not None,
    "lang": lambda query: query.lang is not None,
    "country": lambda query: query.country is not None,
    "location": lambda query: query.location is not None,
    "safe": lambda query: bool(query.safe),
    "filter": lambda query: query.duplicates is not None,
}


def unheeded(query: Query, heeded: Collection[str]) -> tuple[str, ...]:
    """Name the options asked for that have no effect at a provider which heeds only `heeded`."""
    return tuple(name for name, asked in _ASKED.items() if asked(query) and name not in heeded)
