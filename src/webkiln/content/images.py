"""Images: which of an `<img>`'s many addresses is the picture, and all pictures of a page."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element
from webkiln.content.lazy_images import address_by_shape, is_beacon, is_placeholder
from webkiln.urls import Base, InvalidUrl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webkiln.content.html_tree import Tree

# What lazy loaders keep the real address in, the most telling first.
_LAZY: Final = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-hi-res-src",
    "data-actualsrc",
)
_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset")
_NOT_AN_ADDRESS: Final = ("data:", "{", "[", "<", "javascript:")
# One candidate of a srcset: an address without spaces, then a width or a density (HTML §4.8.4.2).
_CANDIDATE: Final = re.compile(r"([^\s,]\S*[^\s,]|[^\s,])(?:\s++([0-9.]{1,12})[wx])?[^,]*+")
_CSS_URL: Final = re.compile(r"url\(\s*+[\"']?([^\"')]{1,4000})[\"']?\s*\)")
_META_IMAGES: Final = (
    'meta[property^="og:image"],meta[name^="og:image"],'
    'meta[name^="twitter:image"],meta[property^="twitter:image"]'
)
_META_NUMBERS: Final = (":width", ":height", ":alt", ":type")
_ICONS: Final = 'link[rel~="icon" i],link[rel^="apple-touch-icon" i],link[rel="image_src" i]'
_PICTURES: Final = 'img,picture source,video[poster],input[type="image" i],[style*="url("]'
_MOST: Final = 10_000
_BLANK: Final = "".join(map(chr, range(0x21)))
_LONGEST_SRCSET: Final = 20_000


def settle_images(body: Element | Tree) -> None:
    """Give every `<img>` the best address it names as its `src`.

    That is the largest candidate of its `srcset`, or what a lazy loader would put there.
    """
    for image in list(body.iter_elements("img")):
        best = _better_source(image)
        if best is None and is_beacon(image):
            image.decompose()
        elif best is not None:
            image.attrs["src"] = best
        elif (source := image.attr("src")) and (source[0] <= " " or source[-1] <= " "):
            image.attrs["src"] = source.strip(_BLANK)


def rescue_images(body: Element | Tree) -> None:
    """Put the image that a `<noscript>` holds in the place of the empty one before it."""
    for fallback in body.select("noscript:has(img)"):
        image = fallback.select_one("img")
        source = image.attr("src") if image is not None else None
        if image is None or not source or _counts(image):
            continue
        before = fallback.previous_sibling
        while before is not None and not isinstance(before, Element):
            before = before.previous_sibling
        is_beside = before is not None and before.tag == "img"
        twin = before if is_beside else _twin(before, source) or _twin(_element_after(fallback), source)
        if twin is not None:
            if _better_source(twin) is None and is_placeholder(twin.attr("src") or ""):
                twin.attrs["src"] = source
        elif not fallback.text.strip() and fallback.select_one("iframe") is None:
            fallback.insert_before(image.extract())


def _element_after(element: Element) -> Element | None:
    after = element.next_sibling
    while after is not None and not isinstance(after, Element):
        after = after.next_sibling
    return after


def _twin(beside: Element | None, source: str) -> Element | None:
    """Return the image beside a `<noscript>` that a script would make the one in it, which is at `source`."""
    if beside is None or beside.tag == "noscript":
        return None
    images = list(islice(beside.iter_elements("img"), 2)) if beside.tag != "img" else [beside]
    if len(images) != 1 or not all(map(str.isspace, beside.strings)):
        return None
    image = images[0]
    waits = is_placeholder(image.attr("src") or "")
    return image if waits or source in {image.attr("src"), _better_source(image)} else None


def head_images(tree: Tree) -> list[str]:
    """Return the images that a page's head names: previews for other sites, then icons, as written."""
    previews = [
        meta.attr("content")
        for meta in tree.select(_META_IMAGES)
        if not (meta.attr("property") or meta.attr("name") or "").endswith(_META_NUMBERS)
    ]
    icons = [link.attr("href") for link in tree.select(_ICONS)]
    return [address for address in (*previews, *icons) if address]


def body_images(body: Element | Tree) -> list[str]:
    """Return the images below `body`, as written: `img`, `picture`, posters, backgrounds."""
    return [address for element in body.select(_PICTURES) for address in _named_by(element)]


def absolute(addresses: Iterable[str], base: str) -> list[str]:
    """Resolve addresses of images against `base` and keep each web address once."""
    found: dict[str, None] = {}
    start = Base(base)
    for address in addresses:
        try:
            url = start.resolve(address)
        except InvalidUrl:
            continue
        if url.startswith(("http://", "https://")):
            found[url] = None
            if len(found) >= _MOST:
                break
    return list(found)


def largest_candidate(srcset: str) -> str | None:
    """Return the address of the widest or densest candidate of a `srcset`, None when it has none."""
    best: str | None = None
    most = -1.0
    for address, size in _candidates(srcset):
        try:
            weight = float(size or 1)
        except ValueError:
            continue
        if weight > most:
            best, most = address, weight
    return best


def _candidates(srcset: str) -> list[tuple[str, str]]:
    return _CANDIDATE.findall(srcset[:_LONGEST_SRCSET])


def _better_source(image: Element) -> str | None:
    """Return the address to show instead of `src`, or None when `src` is the best there is."""
    attrs = image.attrs
    for name in _SETS:
        if name in attrs and (best := _largest_named(image, name)) is not None:
            return best
    for name in _LAZY:
        if name in attrs:
            value = (image.attr(name) or "").strip()
            if value and not value.startswith(_NOT_AN_ADDRESS):
                return value
    return _offered_beside(image) if is_placeholder(image.attr("src") or "") else None


def _offered_beside(image: Element) -> str | None:
    """Return what a placeholder stands for: a source of its `<picture>`, or any address it holds."""
    parent = image.parent
    if isinstance(parent, Element) and parent.tag == "picture":
        for offered in parent.select("source"):
            for name in _SETS:
                if (best := _largest_named(offered, name)) is not None:
                    return best
    found = address_by_shape(image)
    return found if found is None or " " not in found else largest_candidate(found)


def _largest_named(element: Element, name: str) -> str | None:
    best = largest_candidate(element.attr(name) or "")
    return None if best is None or best.startswith(_NOT_AN_ADDRESS) else best


def _counts(image: Element) -> bool:
    """Recognise the images in a `<noscript>` that count readers."""
    hidden = "display:none" in (image.attr("style") or "").replace(" ", "")
    return hidden or is_beacon(image) or "1" in {image.attr("width"), image.attr("height")}


def _named_by(element: Element) -> Iterator[str]:
    for name in ("src", *_LAZY, "poster"):
        value = element.attr(name)
        if value and not value.lstrip().startswith(_NOT_AN_ADDRESS):
            yield value
    for name in _SETS:
        value = element.attr(name)
        if value:
            yield from (address for address, _ in _candidates(value))
    style = element.attr("style")
    if style and "url(" in style:
        yield from _CSS_URL.findall(style[:_LONGEST_SRCSET])
