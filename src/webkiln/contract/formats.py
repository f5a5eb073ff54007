"""The formats of a document: what each is called and what may be asked of it (contract §4.1)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field

from webkiln.contract.wire import Items, Maybe, Shorthand, Whole, WireModel, refuse

Prompt: TypeAlias = Annotated[str, Field(max_length=10_000)]
Question: TypeAlias = Annotated[str, Field(min_length=1, max_length=10_000)]


def _describable(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse objects that may hold anything: no model can be told what to put there."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            open_ended = node.get("type") == "object" and node.get("additionalProperties") is True
            if open_ended and "properties" not in node and "patternProperties" not in node:
                raise refuse("Schema holds an object without 'properties' and 'additionalProperties: true'")
            waiting.extend(node.values())
    return schema


JsonSchema: TypeAlias = Annotated[dict[str, Any], AfterValidator(_describable)]


class MarkdownFormat(WireModel):
    """The page as Markdown."""

    type: Literal["markdown"]


class HtmlFormat(WireModel):
    """The cleaned HTML."""

    type: Literal["html"]


class RawHtmlFormat(WireModel):
    """The HTML as it was fetched."""

    type: Literal["rawHtml"]


class RawBase64Format(WireModel):
    """The bytes as they were fetched; never together with another format."""

    type: Literal["rawBase64"]


class LinksFormat(WireModel):
    """Every link of the page."""

    type: Literal["links"]


class ImagesFormat(WireModel):
    """Every image of the page."""

    type: Literal["images"]


class SummaryFormat(WireModel):
    """A summary by a language model."""

    type: Literal["summary"]


class Viewport(WireModel):
    """The size of the browser's window, in CSS pixels."""

    width: Annotated[int, Whole(1, 7680)]
    height: Annotated[int, Whole(1, 4320)]


class ScreenshotFormat(WireModel):
    """A picture of the page."""

    type: Literal["screenshot"]
    full_page: bool = False
    quality: Maybe[Annotated[int, Whole(1, 100)]] = None
    viewport: Maybe[Viewport] = None


class JsonFormat(WireModel):
    """Structured data by a language model."""

    newer_keys: ClassVar = {"checkPromptInjection": "checkPromptInjection has no effect on this server"}

    type: Literal["json", "deterministicJson"]
    schema_: Annotated[Maybe[JsonSchema], Field(alias="schema")] = None
    prompt: Maybe[Prompt] = None


class ChangeTrackingFormat(WireModel):
    """What changed since the page was last scraped."""

    type: Literal["changeTracking"]
    modes: Annotated[Items[Literal["git-diff", "json"]], Field(max_length=10)] = ()
    schema_: Annotated[Maybe[JsonSchema], Field(alias="schema")] = None
    prompt: Maybe[Prompt] = None
    tag: str | None = None


class AttributeSelector(WireModel):
    """One attribute of the elements that a CSS selector finds."""

    selector: Annotated[str, Field(min_length=1, max_length=1_000)]
    attribute: Annotated[str, Field(min_length=1, max_length=1_000)]


class AttributesFormat(WireModel):
    """Values of attributes."""

    type: Literal["attributes"]
    selectors: Annotated[Items[AttributeSelector], Field(max_length=250)]


class BrandingFormat(WireModel):
    """Colours, fonts and logo of the site."""

    type: Literal["branding"]


class QualityFormat(WireModel):
    """What the page is to its reader, in `metadata.quality`; this server's own."""

    type: Literal["quality"]


class ProductFormat(WireModel):
    """The product a page sells."""

    type: Literal["product"]


class MenuFormat(WireModel):
    """The menu of a restaurant."""

    type: Literal["menu"]


class MediaFormat(WireModel):
    """The sound or film a page plays."""

    type: Literal["audio", "video"]


class QuestionFormat(WireModel):
    """The answer to a question about the page."""

    type: Literal["question"]
    question: Question


class HighlightsFormat(WireModel):
    """The passages of the page that fit a query."""

    type: Literal["highlights"]
    query: Question


class QueryFormat(WireModel):
    """The older spelling of question and highlights."""

    type: Literal["query"]
    prompt: Prompt
    mode: Maybe[Literal["freeform", "directQuote"]] = None


_Variant: TypeAlias = (
    MarkdownFormat
    | HtmlFormat
    | RawHtmlFormat
    | RawBase64Format
    | LinksFormat
    | ImagesFormat
    | SummaryFormat
    | ScreenshotFormat
    | JsonFormat
    | ChangeTrackingFormat
    | AttributesFormat
    | BrandingFormat
    | QualityFormat
    | ProductFormat
    | MenuFormat
    | MediaFormat
    | QuestionFormat
    | HighlightsFormat
    | QueryFormat
)

_NAMES = [
    "markdown",
    "html",
    "rawHtml",
    "rawBase64",
    "links",
    "images",
    "summary",
    "screenshot",
    "screenshot@fullPage",
    "json",
    "deterministicJson",
    "changeTracking",
    "branding",
    "quality",
    "product",
    "menu",
    "audio",
    "video",
]


def _named(value: Any) -> Any:
    """Read `"x"` as `{"type": "x"}`; `screenshot@fullPage` is what one client sends (§19.6)."""
    if value == "screenshot@fullPage":
        return {"type": "screenshot", "fullPage": True}
    return {"type": value} if isinstance(value, str) else value


Format: TypeAlias = Annotated[
    _Variant,
    Field(discriminator="type"),
    Shorthand(_named, {"type": "string", "enum": _NAMES}),
]

MARKDOWN = MarkdownFormat(type="markdown")


def check_together(formats: tuple[_Variant, ...]) -> tuple[_Variant, ...]:
    """Return the formats when they go together; raises the rule they break (contract §4.1)."""
    names = [wanted.type for wanted in formats]
    if names.count("screenshot") > 1:
        raise refuse("You may only specify one screenshot format")
    if names.count("changeTracking") > 1:
        raise refuse("You may only specify one changeTracking format")
    if "json" in names and "deterministicJson" in names:
        raise refuse("Cannot specify both json and deterministicJson formats")
    if "changeTracking" in names and "markdown" not in names:
        raise refuse("The changeTracking format requires the markdown format to be specified as well")
    if "rawBase64" in names and len(names) > 1:
        raise refuse("The rawBase64 format must be the only format")
    return formats


Formats: TypeAlias = Annotated[Items[Format], Field(max_length=100), AfterValidator(check_together)]
