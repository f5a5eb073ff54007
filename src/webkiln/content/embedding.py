"""Embedded players and choices of products: what Markdown cannot show is said in a link or in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text
from webkiln.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# Hosts whose frames are players, and the address of the same thing for people; `{}` is its id.
_PLAYERS: Final = {
    "youtube.com": (
        re.compile(r"/(?:embed|shorts|live|v)/([\w-]{4,20})"),
        "https://www.youtube.com/watch?v={}",
    ),
    "youtube-nocookie.com": (re.compile(r"/embed/([\w-]{4,20})"), "https://www.youtube.com/watch?v={}"),
    "player.vimeo.com": (re.compile(r"/video/(\d{4,20})"), "https://vimeo.com/{}"),
    "dailymotion.com": (re.compile(r"/embed/video/(\w{4,20})"), "https://www.dailymotion.com/video/{}"),
    "loom.com": (re.compile(r"/embed/(\w{10,40})"), "https://www.loom.com/share/{}"),
    "player.bilibili.com": (re.compile(r"[?&]bvid=(\w{8,20})"), "https://www.bilibili.com/video/{}"),
    "rutube.ru": (re.compile(r"/play/embed/(\w{6,40})"), "https://rutube.ru/video/{}/"),
    "ted.com": (re.compile(r"/talks/([\w-]{4,200})"), "https://www.ted.com/talks/{}"),
}
_OTHER_PLAYERS: Final = frozenset(
    {
        *(
            "soundcloud.com",
            "spotify.com",
            "wistia.net",
            "wistia.com",
            "brightcove.net",
            "vidyard.com",
            "twitch.tv",
        ),
        *(
            "streamable.com",
            "tiktok.com",
            "vk.com",
            "ok.ru",
            "youku.com",
            "v.qq.com",
            "nicovideo.jp",
            "archive.org",
        ),
        *("podbean.com", "bandcamp.com", "mixcloud.com", "jwplayer.com", "jwplatform.com", "kaltura.com"),
    }
)
_ADDRESSES: Final = ("src", "data-src", "data-lazy-src", "data-litespeed-src", "data-url", "data-src-cmplz")
_FULL_SCREEN: Final = re.compile(r"fullscreen|picture-in-picture", re.IGNORECASE)
_WEB: Final = ("http://", "https://")
_LONGEST_LABEL: Final = 200
# What a form or a table of choices is called where they belong to a product.
_PRODUCT: Final = re.compile(r"varia(?:nt|tion)|product|swatch|\bsku|add-?to-?cart|cart/add", re.IGNORECASE)
_NAMING: Final = ("class", "id", "name", "action", "itemtype")
_LEVELS: Final = 6
_MOST_CHOICES: Final = 60


def link_players(elements: Iterable[Element]) -> None:
    """Replace `<iframe>`, `<video>` and `<audio>` by links to what they play; frames of other kinds go.

    Addresses are resolved already.
    """
    for element in elements:
        address = _played(element) if element.tag == "iframe" else _source(element)
        if address is None:
            element.decompose()
            continue
        link = Element("a", {"href": address})
        link.append(
            Text(_label(element) or address.partition("?")[0].rstrip("/").rpartition("/")[2] or address)
        )
        paragraph = Element("p") if element.closest("p,h1,h2,h3,h4,h5,h6,a") is None else Element("span")
        paragraph.append(link)
        element.replace_with(paragraph)


def name_choices(selects: Iterable[Element]) -> None:
    """Replace each `<select>` that offers kinds of a product by its choices; other ones go."""
    for select in selects:
        choices = _choices(select) if _belongs_to_product(select) else []
        if 0 < len(choices) <= _MOST_CHOICES:
            select.replace_with(Text(", ".join(choices)))
        else:
            select.decompose()


def _played(frame: Element) -> str | None:
    """Return the address of what a frame plays; None when it is no player."""
    address = _source(frame)
    if address is None:
        return None
    host = host_of(address).removeprefix("www.")
    known = _PLAYERS.get(host)
    if known is not None:
        found = known[0].search(address)
        return address if found is None else known[1].format(found[1])
    parts = host.split(".")
    if any(".".join(parts[at:]) in _OTHER_PLAYERS for at in range(len(parts))):
        return address
    allowed = frame.attr("allowfullscreen") is not None or _FULL_SCREEN.search(frame.attr("allow") or "")
    return address if allowed and _label(frame) else None


def _source(element: Element) -> str | None:
    candidates = [element.attr(name) for name in _ADDRESSES]
    candidates += [source.attr("src") for source in element.iter_elements("source")]
    for candidate in candidates:
        address = (candidate or "").strip()
        if address.startswith("//"):
            address = f"https:{address}"
        if address.lower().startswith(_WEB):
            return address
    return None


def _label(element: Element) -> str:
    label = element.attr("title") or element.attr("aria-label") or ""
    return " ".join(label.split())[:_LONGEST_LABEL]


def _belongs_to_product(select: Element) -> bool:
    around: Element | None = select
    for _ in range(_LEVELS):
        if around is None or around.tag in {"body", "main", "article"}:
            return False
        if any(_PRODUCT.search((around.attr(name) or "")[:_LONGEST_LABEL]) for name in _NAMING):
            return True
        parent = around.parent
        around = parent if isinstance(parent, Element) else None
    return False


def _choices(select: Element) -> list[str]:
    """Return what can be chosen; an option with an empty value asks for a choice and is none."""
    return [
        text
        for option in select.iter_elements("option")
        if option.attr("value") != "" and (text := " ".join(option.text.split()))
    ]
