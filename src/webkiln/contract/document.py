"""What a scraped page looks like on the wire (contract §5).

Documents are written once, kept as bytes and sent as they are; these models describe them for the
OpenAPI page and check them in tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from webkiln.contract.change_tracking import ChangeTracking
from webkiln.contract.menu import Menu
from webkiln.contract.product import Product
from webkiln.contract.quality import Quality
from webkiln.contract.wire import Maybe, Timestamp, WireModel

MetaValue: TypeAlias = str | int | bool | list[str]


class Metadata(WireModel):
    """What is known about a page, and every `<meta>` of it under its own name.

    `source_url` is the URL as the client wrote it, `url` where the redirects ended.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, MetaValue] = Field(init=False)

    source_url: Annotated[str, Field(alias="sourceURL")]
    url: Maybe[str] = None
    status_code: int
    scrape_id: Maybe[str] = None
    title: Maybe[str] = None
    description: Maybe[str] = None
    language: Maybe[str] = None
    keywords: Maybe[str | list[str]] = None
    robots: Maybe[str | list[str]] = None
    favicon: Maybe[str] = None
    og_locale_alternate: Maybe[list[str]] = None
    error: Maybe[str] = None
    content_type: Maybe[str] = None
    proxy_used: Maybe[Literal["basic", "stealth"]] = None
    cache_state: Maybe[Literal["hit", "miss"]] = None
    cached_at: Maybe[Timestamp] = None
    credits_used: Maybe[int] = None
    quality: Maybe[Quality | str | list[str]] = None


class AttributeValues(WireModel):
    """The values of one attribute, of all elements a selector finds."""

    selector: str
    attribute: str
    values: list[str]


class ScrapedThen(WireModel):
    """The page as a `scrape` action found it."""

    url: str
    html: str


class Returned(WireModel):
    """What a script gave back: its JavaScript type, and its value as JSON."""

    type: str
    value: Any


class ActionResults(WireModel):
    """What actions brought, each list in the order of the actions (contract §4.2)."""

    screenshots: list[str]
    scrapes: list[ScrapedThen]
    javascript_returns: list[Returned]
    pdfs: list[str]


class Document(WireModel):
    """One scraped page; a format that was not asked for is absent.

    `screenshot` and the pictures of actions are URLs, readable for 24 hours.
    """

    markdown: Maybe[str] = None
    html: Maybe[str] = None
    raw_html: Maybe[str] = None
    links: Maybe[list[str]] = None
    images: Maybe[list[str]] = None
    attributes: Maybe[list[AttributeValues]] = None
    screenshot: Maybe[str] = None
    branding: Maybe[dict[str, Any]] = None
    product: Maybe[Product] = None
    menu: Maybe[Menu] = None
    change_tracking: Maybe[ChangeTracking] = None
    actions: Maybe[ActionResults] = None
    warning: Maybe[str] = None
    metadata: Metadata


class ScrapeResponse(WireModel):
    """200 of `POST /v2/scrape` and `GET /v2/scrape/{id}`."""

    success: Literal[True] = True
    data: Document
    warning: Maybe[str] = None
    scrape_id: Annotated[Maybe[str], Field(alias="scrape_id")] = None


class FailedPage(WireModel):
    """The document of a webhook about a page that failed (contract §16)."""

    metadata: dict[str, Any]
