"""What a log line must not tell (threats: tokens in URLs, credentials in errors, pages nobody may remember).

A URL goes to the log through `for_log`. `Redaction` is the net below: it goes over every line of ours
and of the libraries, and knows no exception.
"""

from __future__ import annotations

import contextlib
import re
import sys
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableMapping

WITHHELD: Final = "(withheld)"
HIDDEN: Final = "(hidden)"

_LONGEST_URL: Final = 200
_LONGEST_TEXT: Final = 1_000
_LONGEST_LINE: Final = 400  # of a trace
_READ: Final = 10  # times what is shown: so much of a text is looked at
_MOST_LINES: Final = 200
_DEEPEST: Final = 3
_SHORTEST_SECRET: Final = 4  # what is shorter stands in half the words there are

_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.\-]{0,30}://[^\s"<>]*""")
_QUERY = re.compile(r"""\?[^\s"<>?=]*=[^\s"<>]*""")
_BOUND_VALUE = re.compile(r"(invalid input for query argument [^:\n]{1,80}: )[^\n]*")
_TAIL = re.compile(r"[?#]")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:@\[\]]*)(:[0-9]*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Texts of a line about a page nobody may remember; numbers and ids tell nothing of it.
_HARMLESS: Final = frozenset({"event", "job", "task", "kind", "code"})

_FRAME: Final = frozenset({"level", "timestamp", "process"})

_withheld: ContextVar[bool] = ContextVar("withheld", default=False)


def for_log(url: str) -> str:
    """Return of a URL what a log may show: scheme, host, port and path, 200 characters at most.

    User information, query and fragment are where credentials travel. The text may be anything that
    somebody typed. Inside `withholding` nothing of it is shown.
    """
    if _withheld.get():
        return WITHHELD
    return _bare(_CONTROL.sub("", url))


@contextlib.contextmanager
def withholding(*, when: bool = True) -> Iterator[None]:
    """Log no URL, and no text that could hold one, while the block runs: the page is zero-retention.

    What the block starts keeps to it, threads and asyncio tasks as well.
    """
    if not when:
        yield
        return
    before = _withheld.set(True)
    try:
        yield
    finally:
        _withheld.reset(before)


class Redaction:
    """A structlog processor that takes out of a line what must not be in it, and writes its trace."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Hide `secrets`, the operator's own, wherever they stand."""
        worth = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, worth))) if worth else None

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the line as it may be written."""
        withheld = _withheld.get()
        trace = _trace(line.pop("exc_info", None), withheld=withheld)
        foreign = line.get("_from_structlog") is False
        for key, value in line.items():
            if key.startswith("_") or key in _FRAME:
                continue  # structlog's own, never written; or ours, and hiding a word in it shows the word
            if withheld and (key not in _HARMLESS or (foreign and key == "event")):
                line[key] = value if isinstance(value, bool | int | float | None) else WITHHELD
            else:
                line[key] = self._clean(value)
        if trace:
            line["exception"] = self._hide("\n".join(self._shown(trace)))
        return line

    def _shown(self, trace: str) -> Iterator[str]:
        lines = trace.splitlines()
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES // 2 : -_MOST_LINES // 2] = ["…"]
        for line in lines:
            # What failed is told by where it did; the page it failed on is found by its task.
            text = _QUERY.sub("?…", _URL.sub("(a URL)", line[: _READ * _LONGEST_LINE]))
            yield _shortened(_BOUND_VALUE.sub(rf"\1{HIDDEN}", text), _LONGEST_LINE)

    def _clean(self, value: Any, depth: int = 0) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return f"({len(value)} bytes)"
        if depth < _DEEPEST and isinstance(value, dict):
            return {self._text(str(key)): self._clean(one, depth + 1) for key, one in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._clean(one, depth + 1) for one in value]
        return self._text(str(value))

    def _text(self, text: str) -> str:
        text = self._hide(text[: _READ * _LONGEST_TEXT])
        if "://" in text:
            text = _URL.sub(_bare_in_text, text)
        if "?" in text:
            text = _QUERY.sub("?…", text)
        return _shortened(_BOUND_VALUE.sub(rf"\1{HIDDEN}", text), _LONGEST_TEXT)

    def _hide(self, text: str) -> str:
        return text if self._secrets is None else self._secrets.sub(HIDDEN, text)


def _bare(url: str) -> str:
    """Drop user information, query and fragment; no parser is asked, for not all texts have a reading."""
    address = _TAIL.split(url, maxsplit=1)[0]
    scheme, mark, rest = address.partition("://")
    if not mark:
        scheme, rest = "", address
    authority, slash, path = rest.replace("\\", "/").partition("/")
    host = authority.rpartition("@")[2]
    if not _HOST.fullmatch(host):
        host = HIDDEN  # what stands before a "/", "?" or "#" in somebody's password
        path = path.rpartition("@")[2]
    return _shortened(f"{scheme}{mark}{host}{slash}{path}", _LONGEST_URL)


def _bare_in_text(found: re.Match[str]) -> str:
    """Return a URL as a sentence may show it, before the comma or the stop that is the sentence's own."""
    url = found[0].rstrip(",.;")
    return _bare(url) + found[0][len(url) :]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _trace(info: Any, *, withheld: bool) -> str:
    """Return the traceback of what a line has as `exc_info`; withheld, it is without what was said."""
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if not isinstance(error, BaseException):
        return ""
    if withheld:
        return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])
    return "".join(traceback.format_exception(error)).rstrip()
