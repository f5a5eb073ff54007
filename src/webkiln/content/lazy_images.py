"""Images whose address a script puts into its place: found by what an attribute holds, not by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Element

_TYPES: Final = r"(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|jxl|heic)"
_ADDRESS: Final = re.compile(
    rf"(?:(?:https?:)?//|\.{{0,2}}/)?[^\s\"'<>{{}}|\\]{{1,2000}}?"
    rf"(?:\.{_TYPES}(?:[?#!:;][^\s\"'<>{{}}]{{0,2000}})?|[?&;](?:format|fm|ext|fmt)={_TYPES}[^\s\"'<>{{}}]{{0,500}})",
    re.IGNORECASE,
)
_SET: Final = re.compile(r"\S{1,2000}\s+[0-9.]{1,8}[wx](?:\s*,|\s*$)")
_NO_ADDRESS: Final = re.compile(r"\s*(?:$|#$|data:|about:)", re.IGNORECASE)
_PLACEHOLDER_NAMES: Final = (
    "blank",
    "spacer",
    "placeholder",
    "transparent",
    "pixel",
    "1x1",
    "lazy",
    "loading",
)
_PLACEHOLDER: Final = re.compile(
    r"(?:blank|spacer|placeholder|transparent|pixel|1x1|lazy-?load(?:er|ing)?|loading)[^/]{0,30}$"
)
_LONGEST_NAME: Final = 60
_NOT_OF_THE_PICTURE: Final = frozenset(
    {"src", "alt", "title", "style", "class", "id", "href", "usemap", "longdesc"}
)
_OF_A_SMALL_ONE: Final = re.compile(r"thumb|small|tiny|blur|lqip|preview|placeholder|low|link|href|page")
_CUSTOM_NAMES: Final = "amp-img amp-anim lazy-img ion-img nuxt-img v-img sl-img deckgo-lazy-img"
CUSTOM_IMAGES: Final = frozenset(_CUSTOM_NAMES.split())
"""The tags of elements of other names that show an image."""

_DOTS: Final = frozenset({"0", "1", "0px", "1px"})
_DOT_STYLE: Final = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*[01](?:px)?\s*(?=;|$|!)", re.IGNORECASE)
_LONGEST: Final = 4_000


def is_placeholder(source: str) -> bool:
    """Return whether the address of an image is none, or that of a picture that waits for the real one."""
    if _NO_ADDRESS.match(source):
        return True
    # Only the end of the last part of a path can match; in small letters it is searched much faster.
    end = source[-_LONGEST_NAME:]
    return _PLACEHOLDER.search(end[end.rfind("/") + 1 :].lower()) is not None


def address_by_shape(image: Element) -> str | None:
    """Return the address of an image that some attribute of the element holds, whatever it is called.

    A set of addresses is returned as it stands there.
    """
    small: str | None = None
    for name, said in image.attrs.items():
        if name in _NOT_OF_THE_PICTURE or not isinstance(said, str):
            continue
        value = said.strip()
        if (
            len(value) > _LONGEST
            or is_placeholder(value)
            or not (_ADDRESS.fullmatch(value) or _SET.match(value))
        ):
            continue
        if _OF_A_SMALL_ONE.search(name) is None:
            return value
        small = small or value
    return small


def adopt_custom_images(elements: Iterable[Element]) -> None:
    """Turn those of the elements that show an image by another name into images, without what is in them."""
    for element in elements:
        if element.tag not in CUSTOM_IMAGES:
            continue
        if element.attr("src") or element.attr("srcset") or address_by_shape(element) is not None:
            element.clear()
            element.tag = "img"


def is_beacon(image: Element) -> bool:
    """Recognise the images of one pixel that count readers."""
    if image.attr("width") in _DOTS and image.attr("height") in _DOTS:
        return True
    style = image.attr("style")
    return style is not None and len({side.lower() for side in _DOT_STYLE.findall(style[:_LONGEST])}) > 1
