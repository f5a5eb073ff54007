"""The numbers of a product: the shop's own, the maker's, and the one the whole world trades it under.

A page tells its own number in many places, and other numbers in the same places; the one that most of
them agree on is taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from webkiln.content.product.labelled import CODE, LONGEST_LABELLED, after_label, codes_after, labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from webkiln.content.evidence import Evidence
    from webkiln.content.html_tree import Element
    from webkiln.content.lines import Line

_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d{6,14}(?!\d)")
_LONG: Final = 6
_MOST_SKUS: Final = 20
_LEAST_VOTES: Final = 0.4  # for a number to be believed: more than one sign that is weak
_LEAST_WEIGHT: Final = 0.2  # of a number in an address; there are many
_LONGEST_GAP: Final = 3  # characters between a label and its number
_LONGEST_QUERY: Final = 2_000
_MOST_FIELDS: Final = 20
_MOST_MARKED: Final = 300
_IN_ADDRESS: Final = re.compile(
    r"(?<![a-z0-9])(?:[a-z]{0,4}[0-9]{4,14}|(?=[A-Z0-9]*[0-9])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{8,14})(?![a-z0-9])"
)
_MARKED: Final = (
    "[data-sku],[data-product-sku],[data-product-id],[data-product_id],[data-productid],[data-item-id],"
    "[data-asin],input[name],button[name=add-to-cart]"
)
_ATTRIBUTES: Final = {
    **dict.fromkeys(("data-sku", "data-product-sku"), 0.6),
    "data-asin": 0.5,
    **dict.fromkeys(("data-product-id", "data-product_id", "data-productid", "data-item-id"), 0.3),
}
_FIELDS: Final = re.compile(
    r"^(?:sku|asin|product|products?_?id|id_?product|productid|product_sku|item_?id|add-to-cart|articleid|pid|"
    r"(?:cart\[)?(?:product|item)(?:_?id|\[id\])\]?)(?:\.\d)?$",
    re.IGNORECASE,
)
_QUERY: Final = re.compile(
    r"sku|^(?:p|prod|product|item|article|variant|goods|art)(?:s?_?id)?$|^id$", re.IGNORECASE
)
_GTIN_DIGITS: Final = frozenset({8, 12, 13, 14})
_DIGITS: Final = re.compile(r"\d(?:[- ]?\d){7,13}")


_SKU: Final = labels("sku_labels")
_GTIN: Final = labels("gtin_labels")
_MPN: Final = labels("mpn_labels")


def sku_of(evidence: Evidence, about: Sequence[Line], told: str, name: str, gtin: str) -> str:
    """Return the number under which the page sells its product; `told` is what it says to machines."""
    votes: dict[str, float] = defaultdict(float)
    spelled: dict[str, str] = {}

    def vote(code: str, weight: float) -> None:
        code = code.strip().strip(".,:;#()").strip()
        key = "".join(filter(str.isalnum, code)).casefold()
        if key:
            spelled.setdefault(key, code)
            votes[key] += weight

    if told:
        vote(told, _weight(told, name, gtin))
    for place, code in enumerate(islice(codes_after(_SKU, about), 6)):
        vote(code, 1.0 if place == 0 else 0.5)
    for code, weight in _marked(evidence):
        vote(code, weight)
    for code, weight in _addressed(evidence.url):
        seen = any(code in line.text for line in evidence.lines if len(line.text) <= LONGEST_LABELLED)
        vote(code, weight + 0.4 * seen)
    best = max(votes, key=votes.__getitem__, default="")
    return spelled[best] if best and votes[best] >= _LEAST_VOTES else ""


def _weight(told: str, name: str, gtin: str) -> float:
    """Return how much a number is worth that is told to machines: words are hardly one."""
    if told == gtin:
        return 0.55
    if " " in told and (told.casefold() in name.casefold() or not any(map(str.isdigit, told))):
        return 0.3
    return 1.2


def labelled_skus(lines: Iterable[Line]) -> list[str]:
    """Return the first numbers that a page labels as those of products."""
    return list(islice(codes_after(_SKU, lines), _MOST_SKUS))


def gtin_of(about: Iterable[Line]) -> str:
    """Return the GTIN, EAN, UPC or ISBN that a page labels as such; its check digit is right."""
    for line, start in after_label(_GTIN, about):
        match = _DIGITS.search(line.text, start)
        if match is not None and match.start() - start <= _LONGEST_GAP:
            digits = "".join(filter(str.isdigit, match.group()))
            if is_gtin(digits):
                return digits
    return ""


def mpn_of(about: Iterable[Line]) -> str:
    """Return the number that a page labels as the maker's."""
    return next(codes_after(_MPN, about), "")


def is_gtin(digits: str) -> bool:
    """Return whether digits are a GTIN by their number and their last (GS1 General Specifications 7.9)."""
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) not in _GTIN_DIGITS
        or not digits.strip("0")
    ):
        return False
    weighed = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1]))
    )
    return (10 - weighed % 10) % 10 == int(digits[-1])


def _marked(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Return the numbers that a page gives to its own scripts and forms, the first of each kind."""
    seen: set[str] = set()
    for element in islice(evidence.body.select(_MARKED), _MOST_MARKED):
        for kind, code, weight in _of_element(element):
            if kind not in seen and code and CODE.match(code) and any(map(str.isdigit, code)):
                seen.add(kind)
                yield code, weight


def _of_element(element: Element) -> Iterator[tuple[str, str, float]]:
    for name, weight in _ATTRIBUTES.items():
        if (value := element.attr(name)) is not None:
            yield name, value.strip()[:60], weight
    field = element.attr("name") or ""
    if field and _FIELDS.match(field):
        yield (
            field.lower(),
            (element.attr("value") or "").strip()[:60],
            0.5 if "sku" in field.lower() else 0.3,
        )


def _addressed(url: str) -> Iterator[tuple[str, float]]:
    """Return the numbers in an address: in its query, then in its path from the end."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query[:_LONGEST_QUERY])[:_MOST_FIELDS]:
        if _QUERY.search(name) and CODE.match(value) and any(map(str.isdigit, value)):
            yield value, 0.6
    segments = [unquote(segment)[:200] for segment in parts.path.split("/") if segment][-6:]
    weight = 0.55
    for segment in reversed(segments):
        stem = segment.rpartition(".")[0] if "." in segment else segment
        codes = [match.group() for match in _IN_ADDRESS.finditer(stem)] or _LONG_NUMBER.findall(stem)
        for code in codes[::-1][:3]:
            yield code.lstrip("abcdefghijklmnopqrstuvwxyz") if len(code) > _LONG else code, weight
            weight -= 0.1
            if weight < _LEAST_WEIGHT:
                return
