"""Scrape options and the request of `POST /v2/scrape` (contract §4, §6)."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from webkiln.contract.actions import Actions, total_wait_ms
from webkiln.contract.countries import country_code
from webkiln.contract.formats import MARKDOWN, Format, Formats
from webkiln.contract.wire import Address, Headers, Items, Maybe, Shorthand, Whole, WireModel, refuse

DEFAULT_MAX_AGE_MS = 2 * 24 * 3600 * 1000
LOCKDOWN_MAX_AGE_MS = 2 * 365 * 24 * 3600 * 1000
MOST_WAIT_MS = 60_000
MOST_TIMEOUT_MS = 300_000
_CLIENTS_TIMEOUT_MS = 30_000
_SLOW_TIMEOUT_MS = 60_000
_SLOW = frozenset({"json", "changeTracking"})

INTEGRATIONS = frozenset(
    {
        "dify",
        "zapier",
        "pipedream",
        "raycast",
        "langchain",
        "crewai",
        "llamaindex",
        "n8n",
        "camelai",
        "make",
        "flowise",
        "metagpt",
        "relevanceai",
        "viasocket",
        "cli",
        "hermes",
        "gstack",
        "prometheus",
    }
)


def _known(value: str) -> str | None:
    """Return the name of an integration (contract §1.1); one that nobody knows is as good as none."""
    return value if value in INTEGRATIONS or value.startswith("_") else None


Integration: TypeAlias = Annotated[str, AfterValidator(_known)]
Selectors: TypeAlias = Annotated[Items[Annotated[str, Field(max_length=1_000)]], Field(max_length=250)]


def _country(value: str) -> str:
    code = country_code(value)
    if code is None:
        raise refuse("Invalid country code. Use a valid ISO 3166-1 alpha-2 country code.")
    return code


def _language(value: str) -> str:
    """Keep to what a language tag is made of (RFC 5646): it becomes part of a header."""
    if not re.fullmatch(r"[A-Za-z0-9*][A-Za-z0-9_*-]{0,34}", value):
        raise refuse("Invalid language: use a tag such as 'en' or 'en-US'")
    return value


class Location(WireModel):
    """Where the page should believe its reader is; `country` in lower case."""

    country: Maybe[Annotated[str, AfterValidator(_country)]] = None
    languages: Annotated[Items[Annotated[str, AfterValidator(_language)]], Field(max_length=50)] = ()


class PdfParser(WireModel):
    """How PDF files are read."""

    type: Literal["pdf"]
    mode: Literal["fast", "auto", "ocr"] = "auto"
    max_pages: Maybe[Annotated[int, Whole(1, 10_000)]] = None
    pages: Maybe[bool] = None
    page_markdown: Maybe[bool] = None
    blocks: Maybe[bool] = None
    page_markers: Maybe[bool] = None


class ImageParser(WireModel):
    """That images are read."""

    type: Literal["image"]


def _named(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


Parser: TypeAlias = Annotated[
    PdfParser | ImageParser,
    Field(discriminator="type"),
    Shorthand(_named, {"type": "string", "enum": ["pdf", "image"]}),
]


class RedactPii(WireModel):
    """How personal data is made unreadable."""

    mode: Literal["accurate", "aggressive", "fast"] = "accurate"
    entities: Maybe[
        Annotated[
            Items[Literal["PERSON", "EMAIL", "PHONE", "LOCATION", "FINANCIAL", "SECRET"]],
            Field(max_length=20),
        ]
    ] = None
    replace_style: Literal["tag", "mask", "remove"] = "tag"


def _switched(value: Any) -> Any:
    """Read true as the object with its defaults, and false as nothing."""
    if value is True:
        return {}
    return None if value is False else value


Redaction: TypeAlias = Annotated[RedactPii | None, Shorthand(_switched, {"type": "boolean"})]


class Profile(WireModel):
    """A stored browser profile."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    save_changes: bool = True


Domains: TypeAlias = Annotated[Items[str], Field(max_length=1_000)]


class ThreatProtection(WireModel):
    """A request's own threat protection rules."""

    mode: Maybe[Literal["off", "manual-only", "normal", "zscaler"]] = None
    risk_score_threshold: Maybe[Annotated[int, Whole(0, 100)]] = None
    blacklist: Maybe[Domains] = None
    whitelist: Maybe[Domains] = None
    blocked_tlds: Maybe[Domains] = None
    failure_policy: Maybe[Literal["open", "closed"]] = None


class AuditMetadata(WireModel):
    """Who the request is made for."""

    username: Annotated[str, Field(max_length=1024)]


class ScrapeOptions(WireModel):
    """How a page is scraped; every key of contract §4, times in milliseconds.

    `timeout_ms`, `max_age_ms` and `verify_tls` answer for the keys that are None when absent.
    """

    newer_keys: ClassVar = {
        "checkPromptInjection": "checkPromptInjection has no effect on this server",
        "domainTools": "domainTools has no effect on this server",
        "toolDetail": "toolDetail has no effect on this server",
    }
    internal_keys: ClassVar = ("__agentInterop", "__searchPreviewToken", "__experimental_*", "__forceFirePDF")

    formats: Formats = (MARKDOWN,)
    only_main_content: bool = True
    only_clean_content: bool = False
    include_tags: Selectors = ()
    exclude_tags: Selectors = ()
    headers: Headers = Field(default_factory=dict)
    wait_for: Annotated[int, Whole(0, 60_000)] = 0
    timeout: Maybe[Annotated[int, Whole(1_000, MOST_TIMEOUT_MS, clamps=True)]] = None
    mobile: bool = False
    skip_tls_verification: Maybe[bool] = None
    parsers: Annotated[Items[Parser], Field(max_length=10, json_schema_extra={"default": ["pdf"]})] = (
        PdfParser(type="pdf"),
    )
    actions: Actions = ()
    location: Maybe[Location] = None
    remove_base64_images: bool = True
    fast_mode: bool = False
    use_mock: Maybe[str] = None
    block_ads: bool = True
    proxy: Literal["basic", "stealth", "enhanced", "auto"] = "auto"
    max_age: Maybe[Annotated[int, Whole()]] = None
    min_age: Maybe[Annotated[int, Whole()]] = None
    store_in_cache: bool = True
    lockdown: bool = False
    redact_pii: Annotated[Maybe[Redaction], Field(alias="redactPII")] = None
    profile: Maybe[Profile] = None
    threat_protection: Maybe[ThreatProtection] = None
    audit_metadata: Maybe[AuditMetadata] = None

    @model_validator(mode="after")
    def _check_waits(self) -> Self:
        if self.timeout is not None and self.wait_for > self.timeout / 2:
            raise refuse("waitFor must not exceed half of timeout")
        if self.wait_for + total_wait_ms(self.actions) > MOST_WAIT_MS:
            raise refuse("Total wait time (waitFor + wait actions) cannot exceed 60 seconds")
        return self

    @property
    def verify_tls(self) -> bool:
        """Whether a bad certificate ends the scrape (contract §22.17).

        Verification is off by default, but on as soon as headers or actions are sent along, for
        those may carry secrets.
        """
        if self.skip_tls_verification is not None:
            return not self.skip_tls_verification
        return bool(self.headers or self.actions)

    @property
    def timeout_ms(self) -> int | None:
        """What the whole scrape may take, in milliseconds; None where the server's setting says.

        A format that takes longer turns 30 seconds, which clients send by default, into 60 (contract §4).
        """
        slow = any(wanted.type in _SLOW for wanted in self.formats)
        return _SLOW_TIMEOUT_MS if slow and self.timeout == _CLIENTS_TIMEOUT_MS else self.timeout

    @property
    def max_age_ms(self) -> int:
        """How old a stored copy may be to be served, in milliseconds; 0 asks for a fresh page."""
        if self.max_age is not None:
            return self.max_age
        return LOCKDOWN_MAX_AGE_MS if self.lockdown else DEFAULT_MAX_AGE_MS

    def format(self, name: str) -> Format | None:
        """Return what was asked of a format by its wire name, or None when it was not asked for."""
        return next((wanted for wanted in self.formats if wanted.type == name), None)

    def wants(self, name: str) -> bool:
        """Return whether a format was asked for, by its wire name."""
        return self.format(name) is not None


class RequestOptions(ScrapeOptions):
    """Scrape options at the top level of a request, with the keys every request may carry."""

    zero_data_retention: bool = False
    origin: str = "api"
    integration: Integration | None = None

    @property
    def options(self) -> ScrapeOptions:
        """The scrape options alone, for the job that carries them."""
        names = ScrapeOptions.model_fields
        return ScrapeOptions.model_construct(
            _fields_set=self.model_fields_set & names.keys(),
            **{name: getattr(self, name) for name in names},
        )


class ScrapeRequest(RequestOptions):
    """`POST /v2/scrape`; `url` is the text as sent, judged by whoever fetches it."""

    url: Address
