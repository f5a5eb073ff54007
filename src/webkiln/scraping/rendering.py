"""One page to the document that a request's formats ask for (contract §4.1, §5, §21.5)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.attributes import values_of
from webkiln.content.charset import decode
from webkiln.content.cleaning import Wanted, clean
from webkiln.content.feeds import page_of_feed
from webkiln.content.html_tree import (
    InvalidSelector,
    body_of,
    is_blank,
    parse,
    readable_part,
    to_html,
)
from webkiln.content.images import absolute, body_images, head_images
from webkiln.content.links import hrefs_of, links_in_text, links_of
from webkiln.content.markdown import markdown_of
from webkiln.content.media_type import READABLE, Kind, MediaType, classify
from webkiln.content.metadata import read_head
from webkiln.errors import NothingScraped, UnsupportedFile
from webkiln.scraping.facts import missing_facts, read_facts
from webkiln.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.content.html_tree import Tree
    from webkiln.fetching.page import Page
    from webkiln.scraping.wishes import Wishes

_FIRST_ERROR_STATUS: Final = 400
_SUCCESS: Final = range(200, 300)
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_FENCES: Final = {Kind.JSON: "json", Kind.XML: "xml"}
_XHTML: Final = frozenset(
    {"application/xhtml+xml", "application/vnd.wap.xhtml+xml", "application/xml", "text/xml"}
)
_PAGE: Final = MediaType(Kind.HTML, "text/html", None)
_NO_TYPE: Final = frozenset({Kind.BINARY, Kind.ARCHIVE})
_TICKS: Final = re.compile(r"`{3,}")
_MOST_NAMED: Final = 20


@dataclass(slots=True)
class Reading:
    """A page's text, what it turned out to be, and how many bytes it came in."""

    media: MediaType
    text: str
    size: int


def render(page: Page, wishes: Wishes) -> dict[str, Any]:
    """Return the fields of the document the formats ask for, and `metadata` of the page itself.

    Adds a `warning` when a selector of the request could not be read. Raises UnsupportedFile for
    what is no text, NothingScraped for a successful answer without any text (contract §21.7).
    """
    return render_reading(page, read(page), wishes)[0]


def read(page: Page) -> Reading:
    """Return the text of a page's body; raises UnsupportedFile and NothingScraped where it has none."""
    media = classify(page.header("content-type"), page.body)
    if media.kind in _NO_TYPE and media.name.startswith("text/"):
        # No file of a type we do not read, but a page that is broken on its way.
        raise NothingScraped(
            f"Nothing could be read: the answer says {media.name}, and its bytes are no text."
        )
    if media.kind not in READABLE:
        raise UnsupportedFile(_unsupported(media))
    text = decode(page.body, media.charset, tld=_top_level_domain(page.url))
    return Reading(media, text, len(page.body))


def render_reading(
    page: Page,
    reading: Reading,
    wishes: Wishes,
    *,
    links: bool = False,
    share: float = 1.0,
    note: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, Any], list[str] | None]:
    """Do as `render` with what was read of the page, whose body is not looked at again.

    Returns what all links of the page as it came lead to, too, if `links` are wanted. Only a `share`
    of the most that is read of a page is read. `note` is told which selector is being looked for.
    """
    whole = reading.text if wishes.wants("rawHtml") else None
    if reading.media.kind is Kind.XML:
        reading = _page_of(reading, share)
    if reading.media.kind is Kind.HTML:
        document, outlinks = _render_html(page, reading, wishes, links=links, share=share, note=note)
    else:
        document = _render_text(page, reading, wishes)
        outlinks = links_in_text(reading.text) if links else None
    if whole is not None:
        document["rawHtml"] = whole
    document["metadata"] |= _about(page)
    return document, outlinks


def _page_of(reading: Reading, share: float) -> Reading:
    """Return a feed as the page it stands for, other XML as it is."""
    feed = page_of_feed(readable_part(reading.text, share))
    return reading if feed is None else Reading(_PAGE, feed, reading.size)


def _render_html(
    page: Page,
    reading: Reading,
    wishes: Wishes,
    *,
    links: bool,
    share: float,
    note: Callable[[str], None],
) -> tuple[dict[str, Any], list[str] | None]:
    size = len(reading.text)
    text = readable_part(reading.text, share)
    reading.text = ""  # of a large page there is no memory to lose
    xhtml = reading.media.name in _XHTML
    facts, warnings = read_facts(text, page.url, wishes, xhtml=xhtml)
    tree = parse(text, xhtml=xhtml)
    head = read_head(tree, page.url)
    base = head.base
    outlinks = hrefs_of(tree, base, page.url) if links else None
    document: dict[str, Any] = {"metadata": head.metadata, **facts}
    unreadable: list[str] = []
    _add_attributes(document, tree, wishes, unreadable, note)
    pictured = head_images(tree) if wishes.wants("images") else []
    cleaned = clean(tree, base, _wanted(wishes, only_main_content=wishes.only_main_content), note)
    unreadable += cleaned.unreadable
    warnings += cleaned.notes
    content = _content(tree, base, wishes, pictured, keep_buttons=not wishes.only_main_content)
    if content is None and wishes.only_main_content:
        # All of the page was taken for something else (contract §21.5).
        tree = parse(text, xhtml=xhtml)
        clean(tree, base, _wanted(wishes, only_main_content=False), note)
        content = _content(tree, base, wishes, pictured, keep_buttons=True)
        if content is not None:
            warnings.append("No main content was found; this is the whole page.")
    if content is None:
        if not facts:
            _require_text(page, reading, wishes, "the page has no text")
        content = _empty(wishes)
    if unreadable:
        warnings.append(f"Selectors that could not be read were ignored: {', '.join(unreadable)}.")
    if wishes.left_out:
        warnings.append(
            f"Selectors that take too long on this page were ignored: {_listed(wishes.left_out)}."
        )
    if len(text) < size:
        warnings.append(f"The page is too large; only its first {len(text)} characters were read.")
    if warnings:
        document["warning"] = " ".join(warnings)
    return document | content, outlinks


def _listed(selectors: tuple[str, ...]) -> str:
    return ", ".join(selectors[:_MOST_NAMED]) + (" and others" if len(selectors) > _MOST_NAMED else "")


def _wanted(wishes: Wishes, *, only_main_content: bool) -> Wanted:
    return Wanted(
        only_main_content,
        wishes.main_content,
        wishes.in_time(wishes.include_tags),
        wishes.in_time(wishes.exclude_tags),
    )


def _content(
    tree: Tree, base: str, wishes: Wishes, pictured: list[str], *, keep_buttons: bool
) -> dict[str, Any] | None:
    """Read the wanted formats from a cleaned tree; None when there is nothing to read."""
    body = body_of(tree)
    if is_blank(body):
        return None
    content: dict[str, Any] = {}
    if wishes.wants("links"):
        content["links"] = links_of(body, base)
    if wishes.wants("images"):
        content["images"] = absolute([*pictured, *body_images(body)], base)
    if wishes.wants("html"):
        content["html"] = to_html(tree)
    if wishes.wants("markdown"):
        # Last, for it changes the tree.
        content["markdown"] = markdown_of(
            tree, keep_buttons=keep_buttons, remove_base64_images=wishes.remove_base64_images
        )
        if not content["markdown"].strip():
            return None
    return content


def _add_attributes(
    document: dict[str, Any],
    tree: Tree,
    wishes: Wishes,
    unreadable: list[str],
    note: Callable[[str], None],
) -> None:
    if not wishes.wants("attributes"):
        return
    document["attributes"] = found = []
    for selector, attribute in wishes.attributes:
        values: list[str] = []
        if selector not in wishes.left_out:
            note(selector)
            try:
                values = values_of(tree, selector, attribute)
            except InvalidSelector:
                unreadable.append(selector)
        found.append({"selector": selector, "attribute": attribute, "values": values})
    note("")


def _render_text(page: Page, reading: Reading, wishes: Wishes) -> dict[str, Any]:
    """Make the document of a body that is no page: verbatim, in a code block when it is data."""
    text = reading.text
    document: dict[str, Any] = {"metadata": {}}
    if not text.strip():
        _require_text(page, reading, wishes, "the answer is empty")
        return document | _empty(wishes)
    if missing := missing_facts(wishes):
        document["warning"] = " ".join(missing)
    if wishes.wants("markdown"):
        language = _FENCES.get(reading.media.kind)
        document["markdown"] = text if language is None else _fenced(text, language)
    if wishes.wants("html"):
        document["html"] = f"<html><body><pre>{html.escape(text, quote=False)}</pre></body></html>"
    if wishes.wants("links"):
        document["links"] = links_in_text(text)
    if wishes.wants("images"):
        document["images"] = []
    if wishes.wants("attributes"):
        document["attributes"] = [
            {"selector": selector, "attribute": attribute, "values": []}
            for selector, attribute in wishes.attributes
        ]
    return document


def _empty(wishes: Wishes) -> dict[str, Any]:
    """Return the formats of a page without any text, an empty 404 for example."""
    nothing: dict[str, Any] = {"markdown": "", "html": "", "links": [], "images": []}
    return {name: value for name, value in nothing.items() if wishes.wants(name)}


def _require_text(page: Page, reading: Reading, wishes: Wishes, why: str) -> None:
    """Raise NothingScraped where an empty page is no answer: after a success (contract §21.7).

    Who wants to see a page, and no text of it, gets what there is to see.
    """
    if page.rendered is not None and not wishes.wants("markdown"):
        return
    if page.status in _SUCCESS or page.status == HTTPStatus.NOT_MODIFIED:
        how = "fetched over HTTP" if page.rendered is None else "shown in a browser"
        raise NothingScraped(
            f"Nothing could be read: {how} with status {page.status} and {reading.size} bytes, "
            f"but {'; '.join((why, *page.notes))}."
        )


def _fenced(text: str, language: str) -> str:
    """Put text into a code block whose fence is longer than any row of backticks in it."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _about(page: Page) -> dict[str, Any]:
    about: dict[str, Any] = {"url": page.url, "statusCode": page.status}
    content_type = page.header("content-type")
    if content_type:
        about["contentType"] = content_type.encode("utf-8", "replace").decode("utf-8")
    if page.status >= _FIRST_ERROR_STATUS:
        about["error"] = _REASONS.get(page.status, "Unknown Error")
    return about


def _unsupported(media: MediaType) -> str:
    name = f" ({media.name[:100]})" if media.name.isprintable() and media.name else ""
    return f"The answer is {media.kind.value}{name}; this server reads HTML, JSON, XML and plain text."


def _top_level_domain(url: str) -> str | None:
    host = host_of(url)
    last = host.rpartition(".")[2]
    return None if last.isdigit() or ":" in host else last
