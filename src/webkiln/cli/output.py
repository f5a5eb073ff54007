"""Where results go: JSON lines, a folder of files, or the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol

import orjson
import typer
from rich.console import Console

from webkiln.cli.client import ApiError, ClientError

if TYPE_CHECKING:
    from collections.abc import Coroutine

DONE = 0
FAILED = 1  # something asked for was not had: a page, a job
NO_SERVER = 3  # not reached, or it does not know the key (2 is typer's, for a wrong command line)
CANCELLED = 4
INTERRUPTED = 130

EXTENSIONS = {
    "markdown": ".md",
    "html": ".html",
    "rawHtml": ".raw.html",
    "links": ".links.txt",
    "images": ".images.txt",
}
LONGEST_NAME = 120  # with a number and an extension well below the 255 bytes of file systems
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

notes = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
"""Everything that is not the result goes here."""


def harmless(text: str) -> str:
    """Return the text without what a terminal would obey; pages and servers write it."""
    return _CONTROLS.sub("", text)


def note(text: str) -> None:
    """Tell the person at the terminal something."""
    notes.print(harmless(text))


ADVICE = (
    "Only public addresses are fetched. WEBKILN_ALLOW_NETWORKS opens others, comma separated:"
    " 127.0.0.0/8 is this machine, 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 are private networks."
)
_REFUSED = "unsafe_domain_blocked"
# Of a batch it is only said that none of its addresses can be fetched.
_NO_TARGET = ("URL must have a valid top-level domain", "No valid URLs provided")


def was_refused(code: object, text: object) -> bool:
    """Return whether a page failed because its address is not public, or looks so (contract §1.5)."""
    return code == _REFUSED or str(text).startswith(_NO_TARGET)


def explain(error: ClientError) -> int:
    """Tell what went wrong with the server, and return the exit code for it."""
    code = f" ({error.code})" if isinstance(error, ApiError) and error.code else ""
    note(f"Error: {error}{code}")
    if not isinstance(error, ApiError):
        return NO_SERVER
    if error.about_the_key:
        note("Pass --api-key or set WEBKILN_API_KEY; `webkiln keys create` makes a key for your own server.")
        return NO_SERVER
    for detail in error.details if isinstance(error.details, list) else []:
        if isinstance(detail, dict) and detail.get("message") not in (None, str(error)):
            path = ".".join(str(part) for part in detail.get("path", []))
            note(f"  {path or 'body'}: {detail['message']}")
    return FAILED


def finish(work: Coroutine[Any, Any, int]) -> NoReturn:
    """Run a command to its end and leave with its exit code, whatever happens on the way."""
    try:
        code = asyncio.run(work)
    except ClientError as error:
        code = explain(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`| head`). The interpreter must find nothing left to flush there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except OSError as error:
        note(f"Error: {error}")
        code = FAILED
    raise typer.Exit(code)


def source_of(document: dict[str, Any]) -> str:
    """Return the URL a document was asked for by."""
    metadata = document.get("metadata") or {}
    return str(metadata.get("sourceURL") or metadata.get("url") or "")


def as_text(value: Any) -> str:
    """Return a format's value for reading: texts as they are, lists line by line, the rest as JSON."""
    if isinstance(value, str):
        return value if value.endswith("\n") else value + "\n"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "".join(f"{item}\n" for item in value)
    return as_json(value)


def as_json(value: Any) -> str:
    """Return indented JSON with a newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def rendered(document: dict[str, Any], formats: list[str], *, json: bool) -> str:
    """Return a document as the command line asked: one format plainly, anything else as JSON."""
    if json or len(formats) != 1 or formats[0] not in document:
        return as_json(document)
    return as_text(document[formats[0]])


def print_result(text: str) -> None:
    """Write a result to standard output; a terminal gets it without control characters."""
    if sys.stdout.isatty():
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(harmless(text).encode(encoding, "replace").decode(encoding))
    else:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


class Sink(Protocol):
    """Takes documents one by one, as they come."""

    where: str

    def begin(self) -> None:
        """Give up what an earlier run has left; until then nothing of it is lost."""
        ...

    def write(self, document: dict[str, Any]) -> None:
        """Take one document."""
        ...

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Take the pages that failed, once, at the end."""
        ...

    def close(self) -> None:
        """Finish; nothing is written afterwards."""
        ...


class JsonLines:
    """One document a line, into a file or, with None, standard output.

    Failed pages go to a file beside it (`results.errors.jsonl`), and nowhere for standard output.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] = sys.stdout.buffer if path is None else path.open("ab")
        self.where = "standard output" if path is None else str(path)

    def begin(self) -> None:
        """Empty the file."""
        if self._path is not None:
            self._file.truncate(0)

    def write(self, document: dict[str, Any]) -> None:
        """Write one line."""
        self._file.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Write the failed pages beside the results."""
        if self._path is not None:
            keep_errors(self._path.with_suffix(".errors.jsonl"), errors)

    def close(self) -> None:
        """Write what is still in memory."""
        self._file.flush()
        if self._path is not None:
            self._file.close()


class Folder:
    """One file a document and format, named after its URL; `index.jsonl` tells which is which.

    With `json` it is one file a document, with everything in it. Failed pages go to `errors.jsonl`.
    """

    def __init__(self, path: Path, *, json: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._json = json
        self._path = path
        self._names: set[str] = {"index", "errors"}
        self._index = (path / "index.jsonl").open("ab")
        self.where = f"{path}/"

    def begin(self) -> None:
        """Start a new index; files of an earlier run stay until one of the same name comes."""
        self._index.truncate(0)

    def write(self, document: dict[str, Any]) -> None:
        """Write each format of a document into a file of its own."""
        name = self._free_name(source_of(document))
        texts = {
            extension: as_text(document[wanted])
            for wanted, extension in EXTENSIONS.items()
            if wanted in document and not self._json
        }
        if not texts:
            texts = {".json": as_json(document)}
        for extension, text in texts.items():
            (self._path / (name + extension)).write_text(text, encoding="utf-8", newline="")
        metadata = document.get("metadata") or {}
        entry = {
            "url": source_of(document),
            "files": [name + extension for extension in texts],
            "statusCode": metadata.get("statusCode"),
            "title": metadata.get("title"),
        }
        self._index.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Write the failed pages, when there are any."""
        keep_errors(self._path / "errors.jsonl", errors)

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def _free_name(self, url: str) -> str:
        """Return a file name nobody has yet, also where case does not count."""
        stem = file_name(url)
        name, number = stem, 1
        while name.lower() in self._names:
            number += 1
            name = f"{stem}-{number}"
        self._names.add(name.lower())
        return name


def file_name(url: str) -> str:
    """Return a file name, without extension, that a URL can be told by; never a path."""
    plain = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?", "", url)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")
    return name[:LONGEST_NAME].rstrip("-.") or "page"


def sink_for(output: str | None, *, json: bool = False) -> Sink:
    """Return a folder when the path means one, else JSON lines; None and `-` are standard output."""
    if output is None or output == "-":
        return JsonLines(None)
    return Folder(Path(output), json=json) if is_folder(output) else JsonLines(Path(output))


def is_folder(output: str) -> bool:
    """Return whether a path means a folder: it is one, ends like one, or is new and has no extension."""
    path = Path(output)
    return path.is_dir() or output.endswith(("/", os.sep)) or (not path.exists() and not path.suffix)


def keep_errors(path: Path, errors: list[dict[str, Any]]) -> None:
    """Write the failed pages; where there are none, those of an earlier run go too."""
    if not errors:
        path.unlink(missing_ok=True)
        return
    with path.open("wb") as file:
        for entry in errors:
            file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
