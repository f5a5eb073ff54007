"""What a page is to its reader, as `metadata.quality` says it: the format `quality`, which is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from webkiln.content.quality.likeness import likeness
from webkiln.content.quality.verdict import Seen, judge, says_locked
from webkiln.content.quality.words import words_of
from webkiln.fetching.page_verdict import challenge_of, shell_of

if TYPE_CHECKING:
    from webkiln.fetching.page import Page

_EXAMINED: Final = 2 << 20  # characters of a page


def seen_of(page: Page, text: str, asked_for: str) -> Seen:
    """Return what is seen of a page that came for the URL `asked_for` before its text is read."""
    return Seen(
        challenge_of(page, whatever_status=True),
        shell_of(page),
        says_locked(text[:_EXAMINED]),
        _led_home(asked_for, page.url),
    )


def quality_of(seen: Seen, status: int, title: object, markdown: str) -> tuple[dict[str, Any], int | None]:
    """Return `metadata.quality`, and by what the page is compared with others of its job."""
    words = words_of(markdown)
    called = title if isinstance(title, str) else ""
    verdict, signs = judge(seen, status=status, title=called, markdown=markdown, words=words)
    return {"verdict": verdict, "signs": signs, "words": len(words)}, likeness(words)


def _led_home(asked_for: str, url: str) -> bool:
    """Return whether a deeper address was answered with the front page of a site."""
    try:
        asked, found = urlsplit(asked_for), urlsplit(url)
    except ValueError:
        return False
    return len(asked.path) > 1 and found.path in {"", "/"} and not found.query
