"""Scrape options and bodies of `/v1/scrape`, and the same in words of v2."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from webkiln.contract.actions import Actions  # noqa: TC001 (pydantic reads it at run time)
from webkiln.contract.formats import JsonSchema, Prompt  # noqa: TC001 (pydantic reads them at run time)
from webkiln.contract.issues import bad_request, issue
from webkiln.contract.scrape import MOST_TIMEOUT_MS, AuditMetadata, Location, ScrapeRequest, Selectors
from webkiln.contract.v1.wire import V1Body, V1Model, in_v2
from webkiln.contract.wire import Address, Headers, Items, Maybe, Whole, refuse

DEFAULT_TIMEOUT_MS = 30_000
_OWN_KEYS = ("extract", "jsonOptions", "changeTrackingOptions", "agent", "parsePDF")

V1Format: TypeAlias = Literal[
    "markdown",
    "html",
    "rawHtml",
    "links",
    "screenshot",
    "screenshot@fullPage",
    "extract",
    "json",
    "changeTracking",
]
V1Formats: TypeAlias = Annotated[Items[V1Format], Field(max_length=100)]


class V1Agent(V1Model):
    """An agent that works the page; this server has none."""

    model: Maybe[str] = None
    prompt: Maybe[Prompt] = None
    session_id: Maybe[str] = None


class V1JsonOptions(V1Model):
    """What the format `json`, or its older name `extract`, is to find."""

    schema_: Annotated[Maybe[JsonSchema], Field(alias="schema")] = None
    prompt: Maybe[Prompt] = None
    system_prompt: Maybe[Prompt] = None
    agent: Maybe[V1Agent] = None


class V1ChangeTrackingOptions(V1Model):
    """What the format `changeTracking` is to tell."""

    modes: Annotated[Items[Literal["git-diff", "json"]], Field(max_length=10)] = ()
    schema_: Annotated[Maybe[JsonSchema], Field(alias="schema")] = None
    prompt: Maybe[Prompt] = None
    tag: str | None = None


class V1ScrapeOptions(V1Model):
    """How a page is scraped; times in milliseconds. A stored copy is taken only where `maxAge` allows it."""

    formats: V1Formats = ("markdown",)
    only_main_content: bool = True
    include_tags: Selectors = ()
    exclude_tags: Selectors = ()
    headers: Headers = Field(default_factory=dict)
    wait_for: Annotated[int, Whole(0, 60_000)] = 0
    timeout: Annotated[int, Whole(1_000, MOST_TIMEOUT_MS, clamps=True)] = DEFAULT_TIMEOUT_MS
    mobile: bool = False
    skip_tls_verification: bool = False
    parse_pdf: Annotated[bool, Field(alias="parsePDF")] = True
    actions: Actions = ()
    location: Maybe[Location] = None
    remove_base64_images: bool = True
    block_ads: bool = True
    proxy: Literal["basic", "stealth", "enhanced", "auto"] = "basic"
    max_age: Annotated[int, Whole()] = 0
    store_in_cache: bool = True
    extract: Maybe[V1JsonOptions] = None
    json_options: Maybe[V1JsonOptions] = None
    change_tracking_options: Maybe[V1ChangeTrackingOptions] = None
    agent: Maybe[V1Agent] = None
    audit_metadata: Maybe[AuditMetadata] = None

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        for key, options, format_name in (
            ("extract", self.extract, "extract"),
            ("jsonOptions", self.json_options, "json"),
        ):
            if options is not None and format_name not in self.formats:
                raise refuse(f"'{key}' needs the format '{format_name}'")
        return self


class V1ScrapeBody(V1ScrapeOptions, V1Body):
    """Scrape options at the top level of a body."""

    zero_data_retention: bool = False


class V1ScrapeRequest(V1ScrapeBody):
    """`POST /v1/scrape`; `url` is the text as sent."""

    url: Address

    def to_v2(self, warnings: list[str]) -> ScrapeRequest:
        """Return the same request to v2; what has no effect is added to `warnings`. Raises BadRequest."""
        return in_v2(ScrapeRequest, options_in_v2(self, warnings))


def options_in_v2(sent: V1ScrapeOptions, warnings: list[str]) -> dict[str, Any]:
    """Return scrape options, with whatever else their body carries, as v2 spells them.

    Defaults differ, so those of v1 are spelled out. Raises BadRequest for what only v1 knows and
    this server has not.
    """
    _check_served(sent)
    wire = sent.to_wire()
    for key in _OWN_KEYS:
        wire.pop(key, None)
    wire |= {
        "formats": [_format_in_v2(name, sent) for name in sent.formats],
        "timeout": sent.timeout,
        "skipTlsVerification": sent.skip_tls_verification,
        "proxy": sent.proxy,
        "maxAge": sent.max_age,
    }
    if not sent.parse_pdf:
        wire["parsers"] = []
    if sent.change_tracking_options is not None and "changeTracking" not in sent.formats:
        warnings.append("changeTrackingOptions has no effect without the format 'changeTracking'")
    if sent.json_options is not None and sent.json_options.system_prompt is not None:
        warnings.append("jsonOptions.systemPrompt has no effect on this server")
    return wire


def options_in_v1(wire: dict[str, Any]) -> dict[str, Any]:
    """Return scrape options of v2, as they were sent, in words of v1; what v1 has no word for stays."""
    shown = dict(wire)
    if "formats" in shown:
        shown["formats"] = [_format_in_v1(wanted) for wanted in shown["formats"]]
    if "parsers" in shown:
        shown["parsePDF"] = any(
            parser == "pdf" or (isinstance(parser, dict) and parser["type"] == "pdf")
            for parser in shown.pop("parsers")
        )
    return shown


def _check_served(sent: V1ScrapeOptions) -> None:
    """Refuse what v2 has no word for, as v2 refuses what this server has not."""
    issues = []
    if "extract" in sent.formats:
        text = "The format 'extract' is not available on this server."
        issues.append(issue("custom", ["formats", sent.formats.index("extract")], text))
    if sent.agent is not None:
        issues.append(issue("custom", ["agent"], "The option 'agent' is not available on this server."))
    if sent.json_options is not None and sent.json_options.agent is not None:
        text = "The option 'jsonOptions.agent' is not available on this server."
        issues.append(issue("custom", ["jsonOptions", "agent"], text))
    if issues:
        raise bad_request(issues, version=sent.version)


def _format_in_v2(name: str, sent: V1ScrapeOptions) -> Any:
    """Return a format with its options, which stand beside the formats in v1."""
    if name == "json" and sent.json_options is not None:
        options = sent.json_options.to_wire()
        return {"type": name, **{key: options[key] for key in ("schema", "prompt") if key in options}}
    if name == "changeTracking" and sent.change_tracking_options is not None:
        return {"type": name, **sent.change_tracking_options.to_wire()}
    return name


def _format_in_v1(wanted: Any) -> Any:
    if not isinstance(wanted, dict):
        return wanted
    if wanted["type"] == "screenshot" and wanted.get("fullPage"):
        return "screenshot@fullPage"
    return wanted["type"]
