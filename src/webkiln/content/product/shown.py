"""What a reader sees of the price of a product: beside its title, before what goes with it.

Prices are weighed by where they stand and by what their boxes are called; no single sign decides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element
from webkiln.content.lists import read_list
from webkiln.content.money.prices import Found, Price, prices_in
from webkiln.content.product.choosing import likeness, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from webkiln.content.evidence import Evidence
    from webkiln.content.lines import Line, Part

_MOST_CANDIDATES: Final = 2_000
_LEVELS: Final = 4
_LONGEST_NAMES: Final = 120
_LONGEST_BUTTON: Final = 40
_MOST_BELOW: Final = 3_000
_LONGEST_SALE: Final = 100
_LONGEST_LABEL: Final = 8  # characters of a line that says too little to be a title, unless it is a heading
_LONGEST_TITLE: Final = 400
_CLEAR: Final = 0.9
_LIKE: Final = 0.6
_REPEATED: Final = 4
_BESIDE: Final = 4
_NEAR: Final = 25

_PRICE_NAME: Final = re.compile(
    r"pri[cx]|prix|preis|prezz|preci|preço|preco|prc|cena|cijena|amount|betrag|kaina"
)
_NOW_NAME: Final = re.compile(
    r"current|final|sale[-_ ]?price|special|our[-_]?price|buy|main|actual|now|offer|"
    r"discount(?:ed)?[-_]?price|prodprice"
)
_OLD_NAME: Final = re.compile(
    r"(?<![a-z])old(?!-live)|[-_]old(?!-live)|(?<![a-z])was(?![a-z])|list[-_]?price|regular[-_]?price|original|strik|"
    r"strok|cross(?!-?sell)|msrp|rrp|uvp|compare|before|previous|ancien|barre|statt|anterior|retail",
)
_OTHER_NAME: Final = re.compile(
    r"ship|deliver|versand|livraison|install|month|rate[ns]?(?![a-z])|rata|mensil|per[-_]?unit|unit[-_]?price|"
    r"tax|vat(?![a-z])|deposit|sav(?:e|ing)|difference|coupon|voucher|minicart|mini-cart|subtotal|footer|"
    r"header(?!-price)|navig|related|recommend|reco(?![a-z])|similar|upsell|cross-?sell|carousel|slider|recent|"
    r"bundle|accessor|widget|conv(?:bin|prc|price|bid|eted)|approx|points|bonus|filter|facet|warranty|swatch|twister|"
    r"sponsor|review|comment"
)
_OTHER_WORDS: Final = re.compile("|".join(read_list("other_price")), re.IGNORECASE)
_OLD_WORDS: Final = re.compile(rf"\b(?:{'|'.join(read_list('earlier_price'))})(?!\w)", re.IGNORECASE)
_BUY: Final = re.compile(rf"(?:{'|'.join(read_list('buy'))})", re.IGNORECASE)
_BUY_NAME: Final = re.compile(
    r"add[-_]?to[-_]?(?:cart|bag|basket)|addtocart|buy[-_]?(?:now|button|btn)|btn[-_]?buy|buybox"
)


@dataclass(slots=True, eq=False)
class Candidate:
    """A price on the page, and what speaks for its being the product's."""

    price: Price
    line: Line
    part: Part
    mark: float
    old: bool


@dataclass(slots=True)
class Shown:
    """What is seen of a product: its price, the one before a sale, the lines beside its title and all below.

    `clear` says whether the price stands where that of a product does, `buys` whether one of the `buttons`
    to buy is below the title.
    """

    title: Line | None
    price: Price | None
    original: Price | None
    clear: bool
    buys: bool
    buttons: int
    about: list[Line]
    below: list[Line]
    candidates: list[Candidate]

    def has(self, price: Price) -> bool:
        """Return whether an amount is on the page where a price would be, and not struck out."""
        if any(one.price.amount == price.amount and not one.old for one in self.candidates):
            return True
        struck = {one.price.amount for one in self.candidates if one.old}
        return price.amount not in struck and any(
            found.price.amount == price.amount
            for line in self.about
            for found in prices_in(line.text[:_LONGEST_TITLE], bare=True)
        )


def look_at(evidence: Evidence, name: str) -> Shown:
    """Return what is seen of the product called `name`, or of what the page is called where that is empty."""
    title = _title_line(evidence, name)
    buttons = [line for line in evidence.lines if _buys(line)]
    candidates = _candidates(evidence, title, buttons)
    best = max((one for one in candidates if not one.old), key=lambda one: one.mark, default=None)
    if best is not None and best.mark < 0:
        best = None
    start = 0 if title is None else title.place
    about = evidence.lines[max(0, start - 3) : start + 60]
    return Shown(
        title,
        None if best is None else best.price,
        None if best is None else _original(best, candidates),
        best is not None and best.mark >= _CLEAR,
        any(line.place >= start for line in buttons),
        len(buttons),
        about,
        evidence.lines[max(0, start - 3) : start + _MOST_BELOW],
        candidates,
    )


def _title_line(evidence: Evidence, name: str) -> Line | None:
    """Return the line that is the title of the product: a heading, or what is called as it is."""
    wanted = [
        words
        for text in (name, evidence.told.get("og:title", ""), evidence.title)
        if (words := words_of(text))
    ]
    best: tuple[float, Line] | None = None
    for line in evidence.lines:
        if len(line.text) > _LONGEST_TITLE or not (line.level or len(line.text) > _LONGEST_LABEL):
            continue
        words = words_of(line.text)
        like = max(
            (likeness(words, one) * min(1.0, len(words) / len(one) + 0.4) for one in wanted), default=0.0
        )
        mark = like + {1: 0.5, 2: 0.2}.get(line.level, 0.05 * bool(line.level)) - 0.3 * line.parts[0].linked
        if like >= _LIKE and (best is None or mark > best[0] + 0.01):
            best = mark, line
    if best is not None:
        return best[1]
    return next((line for line in evidence.lines if line.level == 1), None)


def _buys(line: Line) -> bool:
    if len(line.text) > _LONGEST_BUTTON:
        return False
    return (
        _BUY.match(line.text) is not None or _BUY_NAME.search(names_of(line.parts[0].element, 2)) is not None
    )


def names_of(element: Element, levels: int = _LEVELS) -> str:
    """Return the classes and ids of an element and of those around it, in lower case."""
    names: list[str] = []
    around: object = element
    for _ in range(levels):
        if not isinstance(around, Element) or around.tag == "body":
            break
        names.append((around.attr("class") or "")[:_LONGEST_NAMES])
        names.append((around.attr("id") or "")[:_LONGEST_NAMES])
        names.append((around.attr("itemprop") or "")[:_LONGEST_NAMES])
        around = around.parent
    return " ".join(names).lower()


def _candidates(evidence: Evidence, title: Line | None, buttons: Sequence[Line]) -> list[Candidate]:
    found: list[tuple[Line, Found, Part]] = []
    for line in evidence.lines:
        if len(found) >= _MOST_CANDIDATES:
            break
        for price in prices_in(line.text, evidence.country):
            if price.price.amount > 0 and len(found) < _MOST_CANDIDATES:
                found.append((line, price, line.part_at(price.start)))
    boxes = Counter(_box(part.element) for _, _, part in found)
    bought = [line.place for line in buttons]
    start = 0 if title is None else title.place
    firsts: set[str] = set()
    candidates: list[Candidate] = []
    for line, price, part in found:
        box = _box(part.element)
        repeated = 0.0 if boxes[box] < _REPEATED else 0.6
        if repeated and line.place >= start and box not in firsts:
            firsts.add(box)
            repeated = 0.3  # boxes of other products may be made like that of this one
        candidates.append(_weighed(line, price, part, title, bought, repeated))
    return candidates


def _box(element: Element) -> str:
    parent = element.parent
    around = (parent.attr("class") or "")[:_LONGEST_NAMES] if isinstance(parent, Element) else ""
    return f"{element.tag} {(element.attr('class') or '')[:_LONGEST_NAMES]} {around}"


def _weighed(
    line: Line,
    found: Found,
    part: Part,
    title: Line | None,
    bought: Sequence[int],
    repeated: float,
) -> Candidate:
    """Return a price with its mark; one that stands for itself beside the title has more than 1."""
    own, names = names_of(part.element, 2), names_of(part.element)
    before = line.text[max(0, found.start - 30) : found.start]
    after = line.text[found.end : found.end + 25]
    mark = 0.3 if found.signed else 0.0
    mark += 0.5 * (_PRICE_NAME.search(names) is not None) + 0.3 * (_NOW_NAME.search(own) is not None)
    mark -= 0.8 * (_OTHER_NAME.search(names) is not None)
    mark -= 0.8 * (_OTHER_WORDS.search(before) is not None or _OTHER_WORDS.search(after) is not None)
    mark -= repeated + part.linked
    mark -= 0.004 * min(len(line.text), 200)
    mark -= 0.3 * (before.rstrip()[-1:] in {"+", "-", "\u2212"} or before.rstrip().endswith("(-"))
    if title is not None:
        far = line.place - title.place
        mark += (
            0.9 - 0.02 * far + 0.2 * (far <= _BESIDE)
            if 0 <= far <= 2 * _NEAR
            else -0.4
            if far > 0
            else 0.1 - 0.02 * min(-far, 30)
        )
    if bought:
        mark += 0.3 * (min(abs(place - line.place) for place in bought[:50]) <= _NEAR)
    old = part.struck or _OLD_NAME.search(own) is not None or _OLD_WORDS.search(before) is not None
    return Candidate(found.price, line, part, mark, old)


def _original(best: Candidate, candidates: Iterable[Candidate]) -> Price | None:
    """Return the price that is struck out beside the price of today."""
    near = [
        one
        for one in candidates
        if one.old
        and abs(one.line.place - best.line.place) <= _BESIDE
        and one.price.amount > best.price.amount
        and len(one.line.text) <= _LONGEST_SALE
        and one.price.currency in {best.price.currency, None}
    ]
    return min(near, key=lambda one: abs(one.line.place - best.line.place)).price if near else None
