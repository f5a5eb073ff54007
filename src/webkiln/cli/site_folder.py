"""A folder that mirrors a site: a folder for each host, below it a file for each page."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import orjson

from webkiln.cli.output import (
    EXTENSIONS,
    Sink,
    as_json,
    as_text,
    is_folder,
    keep_errors,
    sink_for,
    source_of,
)

LINES = (".jsonl", ".ndjson", ".json", ".txt")
LONGEST_PART = 100  # bytes of a name without its extension; eCryptfs takes 143, others 255
LONGEST_PATH = 205  # bytes of all together without the extension; Windows takes 260 with what is before it
_PLAIN = frozenset("-._~=+,&!@()")
_LETTERS = ("L", "M", "N")  # Unicode categories: letters, their marks, digits
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_LIKE_A_FILE = re.compile(r"\.(md|html|txt|json|jsonl)$", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def site_sink(output: str | None, *, json: bool = False) -> Sink:
    """Return JSON lines when the path means such a file (None and `-`: standard output), else a folder."""
    if output is None or output == "-" or not _is_site(output):
        return sink_for(output)
    return SiteFolder(Path(output), json=json)


def _is_site(output: str) -> bool:
    """Return whether a path means a folder; a new `docs.example.com` is more likely one than a file."""
    path = Path(output)
    return is_folder(output) or (not path.exists() and path.suffix.lower() not in LINES)


def page_name(url: str) -> str:
    """Return the path of a page's file in the folder, with `/` and without an extension.

    It is the URL's own: host, path and, after `@`, the query. What some file system would not take stands
    there as `%XX`; what is too long is cut and marked. The same URL has the same name in every run,
    unless `Names` has to tell it from another one's.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _marked("unknown", url)
    if not host:
        return _marked("unknown", url)
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}+{port}"
    segments = [segment for segment in parts.path.split("/")[1:-1] if segment not in ("", ".")]
    page = parts.path.rpartition("/")[2] or "index"
    query = "".join(
        [f"@{parts.query}" if parts.query else "", f"#{parts.fragment}" if parts.fragment else ""]
    )
    folders = [_host_part(host), *(_folder_part(segment) for segment in segments)]
    name = _safe(page + query)
    if len(name.encode()) > LONGEST_PART:
        name = _marked(name, url)
    return _bounded(folders, name, url)


def _bounded(folders: list[str], name: str, url: str) -> str:
    """Put a path together; what is too deep moves up as far as it must, marked."""
    path = "/".join([*folders, name])
    if len(path.encode()) <= LONGEST_PATH:
        return path
    name = _marked(name, url)
    while len(folders) > 1 and len("/".join([*folders, name]).encode()) > LONGEST_PATH:
        folders = folders[:-1]
    return "/".join([*folders, name])


def _host_part(host: str) -> str:
    """Return a host's folder; only the index and the errors are files beside it."""
    part = _fitted(_safe(host))
    return part + "_" if part.lower().endswith(".jsonl") else part


def _folder_part(segment: str) -> str:
    """Return a folder's name; one that looks like a page's file is not to meet one."""
    part = _fitted(_safe(segment))
    return part + "_" if _LIKE_A_FILE.search(part) else part


def _fitted(part: str) -> str:
    return part if len(part.encode()) <= LONGEST_PART else _marked(part, part)


def _marked(name: str, text: str) -> str:
    """Cut a name where it is too long, and tell it from others by a sum of the text it stands for."""
    mark = "~" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
    cut = name.encode()[: LONGEST_PART - len(mark)].decode(errors="ignore")
    return cut + mark


def _safe(part: str) -> str:
    """Return a part of a URL as a name that every file system takes; percent-signs tell the rest."""
    text = unquote_to_bytes(part.encode(errors="replace")).decode(errors="surrogateescape")
    text = unicodedata.normalize("NFC", text)
    name = "".join(character if _is_plain(character) else _escaped(character) for character in text)
    if name.startswith((".", "-")) or _DEVICES.match(name):
        name = _escaped(name[0]) + name[1:]
    if name.endswith("."):
        name = name[:-1] + _escaped(".")
    return name


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _PLAIN
    return unicodedata.category(character).startswith(_LETTERS)


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="surrogateescape"))


class Names:
    """Gives every page a name of its own, also where case does not count; a page keeps its name."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def files(self, url: str, extensions: list[str]) -> list[str]:
        """Return the files of a page, one for each extension.

        Where another page has such a file already (`/Guide` and `/guide`, `/guide/` and `/guide/index`)
        the later one is marked with a sum of its URL.
        """
        name = page_name(url)
        folder, slash, last = name.rpartition("/")
        files = [name + extension for extension in extensions]
        summed = url
        while not self._free(files, url):
            files = [f"{folder}{slash}{_marked(last, summed)}{extension}" for extension in extensions]
            summed += " "  # another turn: a site may have a page of just that name
        for file in files:
            self._owners[_key(file)] = url
        return files

    def _free(self, files: list[str], url: str) -> bool:
        return all(self._owners.get(_key(file), url) == url for file in files)


def _key(file: str) -> str:
    """Return what two names have in common that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", file).casefold())


@dataclass(frozen=True, slots=True)
class _Page:
    url: str
    source: str
    status: Any
    title: Any


class SiteFolder:
    """Writes documents into such a folder, each format of a page into a file beside the others.

    With `json` a page is one file with everything in it. `index.jsonl` tells which page is where, and
    `errors.jsonl` which failed. A file is there as a whole or not at all.
    """

    def __init__(self, path: Path, *, json: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._json = json
        self._path = path
        self._root = path.resolve()
        self._draft = path / f".webkiln-{os.getpid()}.tmp"
        self._names = Names()
        self._folders: set[Path] = set()
        self._index = (path / "index.jsonl").open("ab")
        self.where = f"{path}/ (index.jsonl tells which page is in which file)"

    def begin(self) -> None:
        """Start a new index; files of an earlier run stay until one of the same name comes."""
        self._index.truncate(0)

    def write(self, document: dict[str, Any]) -> None:
        """Write each format of a document into a file of its own, and a line into the index."""
        texts = {
            extension: as_text(document[wanted])
            for wanted, extension in EXTENSIONS.items()
            if wanted in document and not self._json
        }
        if not texts:
            texts = {".json": as_json(document)}
        page = _page(document)
        files = self._names.files(page.url, list(texts))
        for file, text in zip(files, texts.values(), strict=True):
            self._write(file, text)
        entry = {"url": page.url, "file": files[0], "status": page.status, "title": page.title}
        if page.source != page.url:
            entry["sourceURL"] = page.source
        if len(files) > 1:
            entry["files"] = files
        self._index.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        self._index.flush()

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Write the failed pages, when there are any."""
        keep_errors(self._path / "errors.jsonl", errors)

    def close(self) -> None:
        """Close the index."""
        self._index.close()
        self._draft.unlink(missing_ok=True)

    def _write(self, file: str, text: str) -> None:
        """Put a file in its place in one step."""
        target = self._path / file
        self._make(target.parent)
        self._draft.write_bytes(text.encode(errors="replace"))
        self._draft.replace(target)

    def _make(self, folder: Path) -> None:
        """Make a folder; one that leads out of ours, by a link that lies there, is refused."""
        if folder in self._folders:
            return
        if not folder.resolve().is_relative_to(self._root):
            raise OSError(f"{folder} leads out of {self._path}")
        folder.mkdir(parents=True, exist_ok=True)
        self._folders.add(folder)


def _page(document: dict[str, Any]) -> _Page:
    """Return where a page is after its redirects, and what the index says of it."""
    metadata = document.get("metadata") or {}
    source = source_of(document)
    url = metadata.get("url")
    return _Page(
        url if isinstance(url, str) and url else source,
        source,
        metadata.get("statusCode"),
        metadata.get("title"),
    )
