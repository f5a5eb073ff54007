"""A document as the JSON it is kept and sent as: made in this process, or in a child that may be killed."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from webkiln.content.branding import branding_of
from webkiln.fetching.page import Page, Rendered
from webkiln.scraping.change_tracking import Remembered, Tracking, compare
from webkiln.scraping.quality import quality_of, seen_of
from webkiln.scraping.rendering import read, render_reading
from webkiln.scraping.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from webkiln.parsing.job import Answer, Work

IN_CHILD: Final = "webkiln.scraping.documents:make_in_child"
_SAID: Final = ("title", "description")
_PIECE: Final = 1 << 20  # characters of a text that are written at once
_LONG_COMPARED: Final = 128 << 10  # bytes; to compare with more may take some hundreds of milliseconds
_MOST_SAID: Final = 20_000  # characters; what a page is about is said before


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes into a document besides the page: `about` the scrape, what was `shown`, warnings.

    With `links` those of the page are wanted as well, with `tracking` what has changed.
    """

    wishes: Wishes
    about: Mapping[str, Any]
    shown: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    links: bool = False
    tracking: Tracking | None = None

    def are_costly(self, size: int) -> bool:
        """Return whether a document of a page of so many bytes may take long, for what is asked of it."""
        return self.compared > _LONG_COMPARED or self.wishes.are_costly(size)

    @property
    def compared(self) -> int:
        """The bytes that the page is to be compared with."""
        return 0 if self.tracking is None else self.tracking.size


@dataclass(frozen=True, slots=True)
class Made:
    """A document, the page's links if they were wanted, and the part of it that searches look in.

    `remembered` is what a later scrape is compared with, `likeness` what other pages of the job are.
    """

    document: bytes
    outlinks: list[str] | None
    said: Mapping[str, Any]
    remembered: Remembered | None = None
    likeness: int | None = None


def make(
    page: Page, asked: Asked, *, share: float = 1.0, note: Callable[[str], None] = lambda _: None
) -> Made:
    """Make the document of a page; raises what `rendering.read` and `rendering.render` do."""
    reading = read(page)
    wishes = asked.wishes
    seen = None
    if wishes.wants("quality"):
        seen = seen_of(page, reading.text, str(asked.about["sourceURL"]))
        wishes = replace(wishes, formats=wishes.formats | {"markdown"})
    page = replace(page, body=b"", wire_body=b"")
    document, outlinks = render_reading(page, reading, wishes, links=asked.links, share=share, note=note)
    document |= asked.shown
    metadata = document["metadata"]
    if page.rendered is not None and page.rendered.brand is not None:
        document["branding"] = branding_of(page.rendered.brand, base=page.url, metadata=metadata)
    metadata |= asked.about
    warnings = (*asked.warnings, *page.notes)
    likeness, remembered = None, None
    if seen is not None:
        title, markdown = metadata.get("title"), document["markdown"]
        metadata["quality"], likeness = quality_of(seen, page.status, title, markdown)
        if not asked.wishes.wants("markdown"):
            del document["markdown"]
    if asked.tracking is not None:
        tracked = compare(document["markdown"], page.status, asked.tracking)
        document["changeTracking"] = tracked.field
        warnings += tracked.warnings
        remembered = tracked.remembered
    if warnings:
        own = ". ".join(warnings) + "."
        document["warning"] = f"{document['warning']} {own}" if "warning" in document else own
    said: dict[str, Any] = {"metadata": {name: metadata[name] for name in _SAID if name in metadata}}
    if "markdown" in document:
        said["markdown"] = document["markdown"][:_MOST_SAID]
    return Made(_encoded(document), outlinks, said, remembered, likeness)


def _encoded(document: Mapping[str, Any]) -> bytes:
    """Write a document as JSON, its long texts piece by piece.

    The encoder reserves eight bytes for each character of a text, and ends the process without them.
    """
    long = {name: text for name, text in document.items() if isinstance(text, str) and len(text) > _PIECE}
    if not long:
        return orjson.dumps(document)
    written = io.BytesIO()
    written.write(orjson.dumps({name: value for name, value in document.items() if name not in long})[:-1])
    for name, text in long.items():
        written.write(b"," if written.tell() > 1 else b"")
        written.write(orjson.dumps(name) + b':"')
        for start in range(0, len(text), _PIECE):
            written.write(orjson.dumps(text[start : start + _PIECE])[1:-1])
        written.write(b'"')
    written.write(b"}")
    return written.getvalue()


def order(page: Page, asked: Asked, *, share: float) -> dict[str, Any]:
    """Return the options under which a child makes the document of a page whose body it is given."""
    rendered = page.rendered
    return {
        "page": [page.url, page.status, page.headers, page.notes],
        "rendered": None if rendered is None else {"brand": rendered.brand},
        "wishes": asked.wishes.encode(),
        "about": asked.about,
        "shown": asked.shown,
        "warnings": asked.warnings,
        "links": asked.links,
        "tracking": None if asked.tracking is None else asked.tracking.encode(),
        "share": share,
    }


def make_in_child(work: Work) -> Answer:
    """Do a job as `order` gave it."""
    given = work.options
    url, status, headers, notes = given["page"]
    page = Page(
        requested_url=url,
        url=url,
        status=status,
        headers=tuple((name, value) for name, value in headers),
        content_encoding="",
        wire_body=b"",
        body=b"",
        fetched_at=0.0,
        rendered=None if given["rendered"] is None else Rendered(brand=given["rendered"]["brand"]),
        notes=tuple(notes),
    )
    asked = Asked(
        Wishes.decode(given["wishes"]),
        given["about"],
        given["shown"],
        tuple(given["warnings"]),
        given["links"],
        None if given["tracking"] is None else Tracking.decode(given["tracking"]),
    )
    made = make(replace(page, body=work.take_body()), asked, share=given["share"], note=work.note)
    remembered = None if made.remembered is None else made.remembered.encode()
    found = {"outlinks": made.outlinks, "said": made.said}
    return {**found, "remembered": remembered, "likeness": made.likeness}, made.document


def made_of(answer: Answer) -> Made:
    """Return what a child has made."""
    found, document = answer
    remembered = found["remembered"]
    kept = None if remembered is None else Remembered.decode(remembered)
    return Made(document, found["outlinks"], found["said"], kept, found["likeness"])
