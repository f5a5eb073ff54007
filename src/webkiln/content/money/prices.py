"""Prices in running text: an amount with the sign, word or code of a currency beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.money.amounts import amount_of
from webkiln.content.money.currencies import CODES, SIGNS, currency_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DECIMALS: Final = r"[.,\u066b]\d"
_PARTED: Final = (
    rf"\d{{1,3}}(?:[.,'\u2019\u066c\u00a0\u202f\u2009 ]\d{{2,3}}){{0,4}}(?:{_DECIMALS}{{1,2}}(?!\d))?(?!\d)"
)
NUMBER: Final = rf"{_PARTED}|\d{{1,9}}(?:{_DECIMALS}{{1,4}})?"
_DIGIT: Final = re.compile(r"\d")
_MOST_PRICES: Final = 5_000


def _choice(signs: Iterable[str]) -> str:
    return "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))


# Words may stand for other things: they count only where letters do not go on, and some on one side only.
_NOT_BEFORE: Final = frozenset({":-", "ft", "tl", "km", "lei", "din", "din.", "kn", "q"})
_NOT_AFTER: Final = frozenset({"r", "q", "s/", "s/.", "bs", "bs.", "km", "rs", "rm"})
# Codes that are words, too.
_WORDS: Final = frozenset({"ALL", "TOP", "CUP", "MOP", "BOB", "TRY", "GEL", "PEN", "MAD", "LAK", "BAM"})
_SYMBOLS: Final = _choice(sign for sign in SIGNS if not sign[0].isalpha() and sign not in _NOT_BEFORE)
_NAMES: Final = _choice(sign for sign in SIGNS if sign[0].isalpha() and sign not in _NOT_BEFORE)
_AFTER: Final = _choice(sign for sign in SIGNS if sign not in _NOT_AFTER)
_ISO: Final = "|".join(sorted(CODES - _WORDS))
_TURN: Final = r"[\u200e\u200f\u2066-\u2069]?"
_BEFORE_NUMBER: Final = (
    rf"(?P<before>(?i:{_SYMBOLS})|(?<![^\W\d_])(?:(?i:{_NAMES})|{_ISO}))\s{{0,3}}:?{_TURN}\s{{0,3}}"
)
_AFTER_NUMBER: Final = (
    rf"{_TURN}(?:[.,]?[-\u2013\u2014]{{1,2}})?\s{{0,3}}{_TURN}(?P<after>(?i:{_AFTER})|{_ISO})(?![^\W\d_])"
)
_DASH: Final = r"[.,][-\u2013\u2014]{1,2}"
_PRICE: Final = re.compile(
    rf"{_BEFORE_NUMBER}(?P<number>{NUMBER})(?:{_DASH})?"
    rf"|(?<![\d.,])(?P<other>{NUMBER})(?:{_AFTER_NUMBER}|(?P<dash>{_DASH}))?"
)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of money, in the ISO code of a currency where it is known, and as it was written."""

    amount: float
    currency: str | None
    formatted: str

    def encode(self) -> dict[str, object]:
        """Return the price as the contract has it (§5)."""
        return {"amount": self.amount, "currency": self.currency, "formatted": self.formatted}


@dataclass(frozen=True, slots=True)
class Found:
    """A price in a text, and where it stands there."""

    price: Price
    start: int
    end: int
    signed: bool


def prices_in(text: str, country: str = "", *, bare: bool = False) -> Iterator[Found]:
    """Return the prices in a text; `bare` numbers among them if that is wanted."""
    if _DIGIT.search(text) is None:
        return
    for count, match in enumerate(_PRICE.finditer(text)):
        if count >= _MOST_PRICES:
            return
        sign = match["before"] or match["after"]
        if sign is None and not bare and match["dash"] is None:
            continue
        amount = amount_of(match["number"] or match["other"])
        if amount is None:
            continue
        currency = None if sign is None else currency_of(sign, country)
        yield Found(
            Price(amount, currency, match.group().strip()), match.start(), match.end(), sign is not None
        )
