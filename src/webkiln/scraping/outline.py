"""One page to what a map wants of it: its title, its description, and its links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.charset import decode
from webkiln.content.html_tree import parse, readable_part
from webkiln.content.links import hrefs_of, links_in_text
from webkiln.content.media_type import READABLE, Kind, classify
from webkiln.content.metadata import read_head
from webkiln.fetching.page import Page

if TYPE_CHECKING:
    from webkiln.parsing.job import Answer, Work

IN_CHILD: Final = "webkiln.scraping.outline:outline_in_child"
_MOST_TITLE: Final = 500
_MOST_DESCRIPTION: Final = 1_000


@dataclass(frozen=True, slots=True)
class Outline:
    """What a page says it is, and its links: as they stand in it, in full where it names a base."""

    title: str | None = None
    description: str | None = None
    hrefs: tuple[str, ...] = ()


NOTHING: Final = Outline()


def outline_of(page: Page) -> Outline:
    """Read a page; of what is no text there is nothing to read."""
    media = classify(page.header("content-type"), page.body)
    if media.kind not in READABLE:
        return NOTHING
    text = readable_part(decode(page.body, media.charset))
    if media.kind is not Kind.HTML:
        return Outline(hrefs=tuple(links_in_text(text)))
    tree = parse(text)
    head = read_head(tree, page.url)
    description = head.metadata.get("description") or head.metadata.get("ogDescription")
    return Outline(
        _line(head.metadata.get("title"), _MOST_TITLE),
        _line(description, _MOST_DESCRIPTION),
        tuple(hrefs_of(tree, head.base, page.url)),
    )


def order(page: Page) -> dict[str, Any]:
    """Return the options under which a child reads a page whose body it is given."""
    return {"url": page.url, "status": page.status, "headers": page.headers}


def outline_in_child(work: Work) -> Answer:
    """Do a job as `order` gave it."""
    url, body = work.options["url"], work.take_body()
    headers = tuple((name, value) for name, value in work.options["headers"])
    found = outline_of(Page(url, url, work.options["status"], headers, "", b"", body, 0.0))
    return {"title": found.title, "description": found.description, "hrefs": found.hrefs}, b""


def made_of(answer: Answer) -> Outline:
    """Return what a child has read."""
    found, _ = answer
    return Outline(found["title"], found["description"], tuple(found["hrefs"]))


def _line(value: object, most: int) -> str | None:
    """Return a text in one line, without half characters; None when there is none."""
    if not isinstance(value, str):
        return None
    return " ".join(value.encode("utf-8", "replace").decode().split())[:most] or None
