"""Bodies of `POST /v2/search` (contract §9.1)."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from webkiln.contract.countries import country_code
from webkiln.contract.document import Document
from webkiln.contract.formats import Formats  # noqa: TC001 (pydantic reads it at run time)
from webkiln.contract.scrape import MOST_TIMEOUT_MS, Integration, ScrapeOptions, ThreatProtection
from webkiln.contract.served import FORMATS, named
from webkiln.contract.wire import Items, Maybe, Shorthand, Whole, WireModel, refuse
from webkiln.errors import Forbidden

DEFAULT_TIMEOUT_MS = 60_000
_NOT_OF_A_HIT = frozenset(
    {"changeTracking", "branding", "attributes", "audio", "video", "rawBase64", "deterministicJson"}
)
HIT_FORMATS_NAMED = named("a search", [name for name in FORMATS if name not in _NOT_OF_A_HIT])
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ALIASES = ("repo", "code", "docs", "devdex", "repo_search", "developer_index")  # of `developer`


def _named(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


def _source(value: Any) -> Any:
    named = _named(value)
    if isinstance(named, dict) and named.get("type") == "alexandria":
        # By this text the MCP server, which asks for it unasked, knows to ask again without it.
        raise Forbidden("Exchange is not enabled for this team.")
    return named


def _category(value: Any) -> Any:
    value = _named(value)
    if isinstance(value, dict) and value.get("type") in _ALIASES:
        return {**value, "type": "developer"}
    return value


def _country(value: str) -> str:
    code = country_code(value)
    if code is None or "-" in code:
        raise refuse("Invalid country code. Use a valid ISO 3166-1 alpha-2 country code.")
    return code


def _lang(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", value):
        raise refuse("Invalid language: use a code such as 'en' or 'pt-br'")
    return value.lower()


def _domain(value: str) -> str:
    domain = value.strip().lower()
    if len(domain) > 253 or not re.fullmatch(rf"({_LABEL}\.)+{_LABEL}", domain):  # noqa: PLR2004 (RFC 1035)
        raise refuse("Domain must be a valid hostname without protocol or path")
    return domain


def _asked(value: str) -> str:
    if not value.strip():
        raise refuse("The query is empty")
    return value.strip()


def _of_a_hit(formats: tuple[Any, ...]) -> tuple[Any, ...]:
    for wanted in formats:
        if wanted.type in _NOT_OF_A_HIT:
            raise refuse(f"The format '{wanted.type}' is not available in a search")
    return formats


Tbs: TypeAlias = Annotated[str, Field(max_length=200)]
Lang: TypeAlias = Annotated[str, AfterValidator(_lang)]
Country: TypeAlias = Annotated[str, AfterValidator(_country)]
Place: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
Filter: TypeAlias = Annotated[str, Field(max_length=100)]
Domains: TypeAlias = Annotated[
    Items[Annotated[str, AfterValidator(_domain)]],
    Field(max_length=100, json_schema_extra={"items": {"type": "string", "format": "hostname"}}),
]


class WebSource(WireModel):
    """Pages; what is named here wins over the same key of the request."""

    type: Literal["web"]
    tbs: Maybe[Tbs] = None
    filter: Maybe[Filter] = None
    lang: Maybe[Lang] = None
    country: Maybe[Country] = None
    location: Maybe[Place] = None


class NewsSource(WireModel):
    """News."""

    type: Literal["news"]


class ImagesSource(WireModel):
    """Pictures."""

    type: Literal["images"]


class LocalSource(WireModel):
    """Pages this server has scraped for the team before: an addition of ours."""

    type: Literal["local"]


SourceName = Literal["web", "news", "images", "local"]
SearchSource: TypeAlias = Annotated[
    WebSource | NewsSource | ImagesSource | LocalSource,
    Field(discriminator="type"),
    Shorthand(_source, {"type": "string", "enum": ["web", "news", "images", "local"]}),
]
_WEB = WebSource(type="web")

CategoryName = Literal["github", "research", "pdf", "developer", "gov"]


class Category(WireModel):
    """A kind of results."""

    type: CategoryName


SearchCategory: TypeAlias = Annotated[
    Category,
    Shorthand(
        _category, {"type": "string", "enum": ["github", "research", "pdf", "developer", "gov", *_ALIASES]}
    ),
]


class HitOptions(ScrapeOptions):
    """How hits are scraped; without formats they are not (contract §9.1)."""

    formats: Annotated[Formats, AfterValidator(_of_a_hit)] = ()


class SearchRequest(WireModel):
    """`POST /v2/search`; times in milliseconds."""

    newer_keys: ClassVar = ScrapeOptions.newer_keys
    internal_keys: ClassVar = ScrapeOptions.internal_keys

    query: Annotated[str, Field(max_length=500), AfterValidator(_asked)]
    limit: Annotated[int, Whole(1, 100)] = 10
    sources: Annotated[Items[SearchSource], Field(max_length=10)] = (_WEB,)
    categories: Annotated[Items[SearchCategory], Field(max_length=20)] = ()
    include_domains: Domains = ()
    exclude_domains: Domains = ()
    tbs: Maybe[Tbs] = None
    filter: Maybe[Filter] = None
    lang: Maybe[Lang] = None
    country: Maybe[Country] = None
    location: Maybe[Place] = None
    safe: Maybe[bool] = None
    timeout: Annotated[int, Whole(1, MOST_TIMEOUT_MS, clamps=True)] = DEFAULT_TIMEOUT_MS
    ignore_invalid_urls: Annotated[bool, Field(alias="ignoreInvalidURLs")] = False
    highlights: Maybe[bool] = None
    enterprise: Annotated[Items[Literal["default", "anon", "zdr"]], Field(max_length=10)] = ()
    async_scraping: bool = False
    scrape_options: HitOptions = HitOptions()
    threat_protection: Maybe[ThreatProtection] = None
    origin: str = "api"
    integration: Integration | None = None

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.include_domains and self.exclude_domains:
            raise refuse("includeDomains and excludeDomains cannot both be specified")
        kinds = {category.type for category in self.categories}
        if "developer" in kinds and len(kinds) > 1:
            raise refuse("the developer category cannot be combined with other categories")
        named = [source.type for source in self.sources]
        if len(set(named)) < len(named):
            raise refuse("Each source can be named only once")
        return self

    @property
    def asked(self) -> tuple[WebSource | NewsSource | ImagesSource | LocalSource, ...]:
        """The sources; an empty list is as good as none (contract §9.1)."""
        return self.sources or (_WEB,)


class _Hit(Document):
    """A hit; with a scrape also a document, whose `metadata` has `error` where the page failed."""

    model_config = ConfigDict(extra="allow")

    url: str
    title: str
    position: int
    category: Maybe[str] = None
    metadata: Maybe[dict[str, Any]] = None  # type: ignore[assignment]


class WebHit(_Hit):
    """A page."""

    description: str


class NewsHit(_Hit):
    """An article."""

    snippet: str
    date: Maybe[str] = None
    image_url: Maybe[str] = None


class ImageHit(WireModel):
    """A picture, and in `url` the page it is on."""

    title: str
    image_url: Maybe[str] = None
    image_width: Maybe[int] = None
    image_height: Maybe[int] = None
    url: str
    position: int


class LocalFind(WireModel):
    """A page that was scraped before."""

    url: str
    title: str
    description: str
    position: int


class SearchData(WireModel):
    """The hits by source; of news and images only where there are any."""

    web: Maybe[list[WebHit]] = None
    news: Maybe[list[NewsHit]] = None
    images: Maybe[list[ImageHit]] = None
    local: Maybe[list[LocalFind]] = None


class SearchResponse(WireModel):
    """200 of `POST /v2/search`."""

    success: Literal[True] = True
    data: SearchData
    credits_used: int
    id: str
    warning: Maybe[str] = None
