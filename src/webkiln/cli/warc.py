"""Pages as a WARC archive, version 1.1, with nothing in it that is not known.

A scraper does not hand out requests or response headers, so pages are `resource` records and not
`response` records, and what the headers would tell is absent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.warcwriter import WARCWriter

from webkiln.cli.output import source_of

if TYPE_CHECKING:
    from pathlib import Path

CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
DESCRIPTION = (
    "Pages of a crawl as resource records: requests and response headers are not known. HTML is the"
    " decoded text in UTF-8, as the server sent it or as a browser had built it; its date is that of"
    " the stored copy it comes from, else when this file got it. Conversions are its Markdown; metadata"
    " records tell the HTTP status and the address that was asked for."
)
_DEFAULT_TYPE = "text/html"


class Warc:
    """Writes documents with `rawHtml` and `markdown` into an archive, each record a gzip member.

    A name that ends with `.warc` is written plainly. `robots` is `obey` or `ignore`.
    """

    def __init__(self, path: Path, *, robots: str) -> None:
        self._file = path.open("ab")
        self._writer = WARCWriter(self._file, gzip=path.suffix != ".warc", warc_version="1.1")
        self._path = path
        self._robots = robots
        self.where = str(path)

    def begin(self) -> None:
        """Start a new archive with what it is."""
        self._file.truncate(0)
        info = {
            "software": f"webkiln/{version('webkiln')}",
            "format": "WARC File Format 1.1",
            "conformsTo": CONFORMS_TO,
            "robots": self._robots,
            "description": DESCRIPTION,
        }
        self._writer.write_record(self._writer.create_warcinfo_record(self._path.name, info))

    def write(self, document: dict[str, Any]) -> None:
        """Write a page: its HTML, what is known about it, and its Markdown."""
        metadata = document.get("metadata") or {}
        source = source_of(document)
        found = metadata.get("url")
        url = found if isinstance(found, str) and found else source
        page: dict[str, str] = {}
        fetched = {"WARC-Date": _date(metadata)}
        html, markdown = document.get("rawHtml"), document.get("markdown")
        if isinstance(html, str):
            page = {"WARC-Refers-To": self._record("resource", url, html, _type(metadata), fetched)}
        known = {"sourceURL": source, "httpStatus": metadata.get("statusCode")}
        lines = "".join(f"{name}: {_line(value)}\r\n" for name, value in known.items() if value)
        self._record("metadata", url, lines, "application/warc-fields", page)
        if isinstance(markdown, str):
            self._record("conversion", url, markdown, "text/markdown; charset=utf-8", page)

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Do nothing: of a page that failed there is nothing to archive."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _record(self, kind: str, url: str, text: str, media_type: str, headers: dict[str, str]) -> str:
        """Write one record and return its id."""
        body = text.encode(errors="replace")
        record = self._writer.create_warc_record(
            "%20".join(url.split()),
            kind,
            payload=BytesIO(body),
            length=len(body),
            warc_content_type=media_type,
            warc_headers_dict=headers,
        )
        self._writer.write_record(record)
        return str(record.rec_headers.get_header("WARC-Record-ID"))


def _type(metadata: dict[str, Any]) -> str:
    """Return the page's media type, with the charset of the archive's copy and not of what was sent."""
    named = str(metadata.get("contentType") or _DEFAULT_TYPE)
    return f"{_line(named).partition(';')[0].strip().lower() or _DEFAULT_TYPE}; charset=utf-8"


def _date(metadata: dict[str, Any]) -> str:
    """Return when the copy was made, as far as it is known: a page just read says no time."""
    cached = metadata.get("cachedAt")
    if isinstance(cached, str):
        try:
            moment = datetime.fromisoformat(cached)
        except ValueError:
            moment = datetime.now(UTC)
    else:
        moment = datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(value: Any) -> str:
    """Return a value on one line: pages write URLs and types, and a record's head is made of lines."""
    return " ".join(str(value).split())
