"""Whether a page fetched over HTTP is the page, or only what builds it or stands before it.

Nothing is parsed here: most pages are told apart by their first few hundred characters of text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from webkiln.fetching.page import Page

_ENOUGH: Final = 400  # characters of text; a page with so many is read as it is
_LITTLE: Final = 60  # fewer, and whatever has scripts is taken for a shell of them
_FIRST_LOOK: Final = 48 * 1024
_EXAMINED: Final = 2 * 1024 * 1024
_MOST_TAGS: Final = 20_000  # looked at one by one, some 20 ms; a page of more is what it seems until then
_HIDDEN: Final = {
    ord("s"): (b"script", b"style", b"svg"),
    ord("t"): (b"template",),
    ord("n"): (b"noscript",),
    ord("h"): (b"head",),
}
_COMMENT: Final = ord("!")
_MOUNT: Final = re.compile(
    rb"""<(?:div|main|section|body)\b[^>]{0,200}?\bid\s*=\s*["']?"""
    rb"""(?:root|app|__next|__nuxt|___gatsby|svelte|q-app|main-app|app-root|react-root|ember\d*|application)["'\s>]"""
    rb"""|<(?:app-root|ng-app|main-app)\b|\bng-version\s*=|\bdata-reactroot\b""",
    re.IGNORECASE,
)
_DEMAND: Final = re.compile(
    rb"(?:enable|requires?|needs?|turn on|activate|without|disabled|aktivier)[^<]{0,60}java\s?script"
    rb"|java\s?script[^<]{0,60}(?:enabled?|required|disabled|needed|turned off|aktivier)",
    re.IGNORECASE,
)
_REFRESH: Final = re.compile(rb"<meta\b[^>]{0,200}http-equiv\s*=\s*[\"']?refresh", re.IGNORECASE)
_CHALLENGE_STATUS: Final = frozenset({202, 401, 403, 405, 429, 503})
_CHALLENGES: Final = (
    (b"_cf_chl_opt", "Cloudflare"),
    (b"/cdn-cgi/challenge-platform/", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"px-captcha", "PerimeterX"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"awsWafCookieDomainList", "AWS WAF"),
    (b"AwsWafIntegration", "AWS WAF"),
    (b"sec-if-cpt-container", "Akamai"),
    (b"ddos-guard", "DDoS-Guard"),
    (b"g-recaptcha", "reCAPTCHA"),
    (b"h-captcha", "hCaptcha"),
)
_HTML: Final = ("text/html", "application/xhtml+xml")


def page_verdict(page: Page) -> str | None:
    """Return why a browser should show the page, in words that finish "over HTTP …", or None."""
    if not _is_html(page):
        return None
    kind = challenge_of(page)
    if kind is not None:
        return f"a {kind} challenge stood before the page"
    return shell_of(page)


def challenge_of(page: Page, *, whatever_status: bool = False) -> str | None:
    """Return whose challenge stands before a page, None for nobody's.

    With `whatever_status` signs of one count under a good status too, where a page may only hold a form
    with a captcha.
    """
    if whatever_status or page.status in _CHALLENGE_STATUS:
        return _challenge(page, page.body[:_EXAMINED])
    return None


def shell_of(page: Page) -> str | None:
    """Return why a page is only what builds one, in words that finish "over HTTP …"; None where it is not."""
    body = page.body[:_EXAMINED]
    if not _is_html(page) or not body.strip():
        return None
    length, scripted, demanded = _look(body[:_FIRST_LOOK])
    if length < _ENOUGH and len(body) > _FIRST_LOOK:
        length, scripted, demanded = _look(body)
    reason = None
    if length < _ENOUGH:
        if demanded:
            reason = "the page asked for JavaScript"
        elif scripted and length < _LITTLE:
            reason = "the page had scripts and no text"
        elif scripted and _MOUNT.search(body):
            reason = "the page was a shell for scripts to fill"
        elif length < _LITTLE and _REFRESH.search(body):
            reason = "the page only led on to another"
    return reason


def _is_html(page: Page) -> bool:
    media_type = (page.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type:
        return media_type in _HTML
    return page.body[:256].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _challenge(page: Page, body: bytes) -> str | None:
    if page.header("cf-mitigated") == "challenge":
        return "Cloudflare"
    if page.header("x-amzn-waf-action") in ("challenge", "captcha"):
        return "AWS WAF"
    if page.header("x-datadome") is not None and b"<script" in body:
        return "DataDome"
    return next((kind for sign, kind in _CHALLENGES if sign in body), None)


def _look(body: bytes) -> tuple[int, bool, bool]:
    """Return how much text shows, up to enough; whether there are scripts; whether one without is told so."""
    length, at, scripted, demanded = 0, 0, False, False
    lowered = body.lower()
    open_ended = False
    for _ in range(_MOST_TAGS):
        if length >= _ENOUGH:
            break
        opened = body.find(b"<", at)
        text = body[at : opened if opened >= 0 else len(body)]
        if len(text) > 1:
            length += len(b"".join(text.split()))
        if opened < 0 or opened + 1 >= len(body):
            break
        first = lowered[opened + 1]
        if first == _COMMENT and lowered.startswith(b"--", opened + 2):
            closed = body.find(b"-->", opened)
            at = len(body) if closed < 0 else closed + 3
            continue
        at = body.find(b">", opened) + 1
        if not at:
            break
        name = _hidden(lowered, opened, _HIDDEN[first]) if first in _HIDDEN else None
        if name is None or (open_ended and name == b"head"):
            continue
        closed = lowered.find(b"</" + name, at)
        inner = lowered[at : closed if closed >= 0 else len(body)]
        if name == b"head":
            scripted |= b"<script" in inner
            if closed < 0:
                # A head that is never closed: what is in it is read piece by piece. No later one is either.
                open_ended = True
                continue
        scripted |= name == b"script"
        demanded |= name == b"noscript" and _DEMAND.search(inner) is not None
        at = len(body) if closed < 0 else closed
    return length, scripted, demanded


def _hidden(lowered: bytes, opened: int, names: tuple[bytes, ...]) -> bytes | None:
    """Return which of these elements, whose text does not show, begins here."""
    for name in names:
        end = opened + 1 + len(name)
        if lowered.startswith(name, opened + 1) and not lowered[end : end + 1].isalnum():
            return name
    return None
