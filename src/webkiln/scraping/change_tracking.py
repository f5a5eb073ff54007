"""What has become of a page since it was last compared: the format `changeTracking` (contract §5).

Nothing of the wire's models is needed here: it is done where the document is made, in a child process for
large pages.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.fingerprint import fingerprint
from webkiln.content.unified_diff import unified_diff

if TYPE_CHECKING:
    from collections.abc import Mapping

_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_MOST_BYTES: Final = 2 << 20
"""Of a page's Markdown that is kept whole; of a longer one only its fingerprint."""
_LENGTH: Final = 4
_LEVEL: Final = 3  # of compression: half the time of the usual one


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a page: its fingerprint, and its Markdown unless that is too large.

    `markdown` is its length in bytes, in four bytes, and then itself, compressed.
    """

    fingerprint: bytes
    markdown: bytes | None

    def encode(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {"fingerprint": self.fingerprint.hex(), "markdown": _text(self.markdown)}

    @classmethod
    def decode(cls, encoded: Mapping[str, Any]) -> Remembered:
        """Read back what `encode` gave."""
        return cls(bytes.fromhex(encoded["fingerprint"]), _bytes(encoded["markdown"]))


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a page is compared with: what it was at `earlier_at` (ISO 8601), or nothing.

    A `hidden` page is one that nothing leads to any more. `with_diff` asks which lines have changed.
    """

    earlier: Remembered | None = None
    earlier_at: str | None = None
    hidden: bool = False
    with_diff: bool = False

    @property
    def size(self) -> int:
        """The bytes of the earlier page that are to be compared line by line."""
        earlier = None if self.earlier is None else self.earlier.markdown
        return int.from_bytes(earlier[:_LENGTH]) if self.with_diff and earlier is not None else 0

    def encode(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        earlier = None if self.earlier is None else self.earlier.encode()
        return {
            "earlier": earlier,
            "earlier_at": self.earlier_at,
            "hidden": self.hidden,
            "with_diff": self.with_diff,
        }

    @classmethod
    def decode(cls, encoded: Mapping[str, Any]) -> Tracking:
        """Read back what `encode` gave."""
        earlier = encoded["earlier"]
        return cls(
            None if earlier is None else Remembered.decode(earlier),
            encoded["earlier_at"],
            encoded["hidden"],
            encoded["with_diff"],
        )


@dataclass(frozen=True, slots=True)
class Tracked:
    """The field of the document, what there is to warn of, and what to remember of a page with text."""

    field: dict[str, Any]
    warnings: tuple[str, ...]
    remembered: Remembered | None


def compare(markdown: str, status: int, tracking: Tracking) -> Tracked:
    """Compare a page that was answered with an HTTP `status`."""
    own = fingerprint(markdown)
    earlier = tracking.earlier
    if status in _GONE:
        change = "removed"
    elif earlier is None:
        change = "new"
    else:
        change = "same" if earlier.fingerprint == own else "changed"
    field: dict[str, Any] = {
        "previousScrapeAt": tracking.earlier_at,
        "changeStatus": change,
        "visibility": "hidden" if tracking.hidden else "visible",
    }
    warnings: list[str] = []
    if change == "changed" and tracking.with_diff and earlier is not None:
        _add_diff(field, warnings, earlier, markdown)
    remembered = None
    if markdown.strip():
        remembered = Remembered(own, _packed(markdown))
    return Tracked(field, tuple(warnings), remembered)


def _add_diff(field: dict[str, Any], warnings: list[str], earlier: Remembered, markdown: str) -> None:
    if earlier.markdown is None:
        warnings.append("changeTracking has no diff: the earlier page was too large to be kept")
        return
    previous = zlib.decompress(earlier.markdown[_LENGTH:]).decode("utf-8", "surrogatepass")
    diff = unified_diff(previous, markdown)
    if diff.files:
        field["diff"] = {"text": diff.text, "json": {"files": diff.files}}
    if not diff.whole:
        told = "only the beginning of it" if diff.files else "none of it"
        warnings.append(f"Too much of the page has changed; the diff tells {told}")


def _packed(markdown: str) -> bytes | None:
    """Return a text as it is kept; None where it is too large."""
    encoded = markdown[: _MOST_BYTES + 1].encode("utf-8", "surrogatepass")
    if len(encoded) > _MOST_BYTES:
        return None
    return len(encoded).to_bytes(_LENGTH) + zlib.compress(encoded, _LEVEL)


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
