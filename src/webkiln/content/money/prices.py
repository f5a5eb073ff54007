"""Prices in running text: an amount with the sign, word or code of a currency beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.money.amounts import amount_of
from webkiln.content.money.currencies import CODES, SIGNS, currency_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECIMALS: Final = r"[.,\u066b]\d"
_PARTED: Final = (
    rf"\d{{1,3}}(?:[.,'\u2019\u066c\u00a0\u202f\u2009 ]\d{{2,3}}){{0,4}}(?:{_DECIMALS}{{1,2}}(?!\d))?(?!\d)"
)
NUMBER: Final = rf"{_PARTED}|\d{{1,9}}(?:{_DECIMALS}{{1,4}})?"
_MOST_PRICES: Final = 5_000


def _choice(signs: list[str]) -> str:
    return "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))


# Words may stand for other things ("r", "q", "km"): they count only where letters do not go on.
_AFTER_ONLY: Final = {":-"}
_BEFORE: Final = _choice(
    [sign for sign in SIGNS if sign not in _AFTER_ONLY and sign not in {"ft", "tl", "km"}]
)
_AFTER: Final = _choice([sign for sign in SIGNS if sign not in {"r", "q", "s/", "s/.", "bs", "km", "rs"}])
_ISO: Final = "|".join(sorted(CODES))
_SIGN_BEFORE: Final = rf"(?<![^\W\d_])(?P<before>{_BEFORE}|(?:{_ISO}))(?:\s{{0,3}}[:\u200e\u200f]?\s{{0,3}})"
_SIGN_AFTER: Final = (
    rf"(?:[\u200e\u200f]?[.,]?[-\u2013\u2014]{{0,2}}\s{{0,3}})(?P<after>{_AFTER}|(?:{_ISO}))(?![^\W\d_])"
)
_PRICE: Final = re.compile(
    rf"(?:{_SIGN_BEFORE})?(?<![\d.,])(?P<number>{NUMBER})(?P<dash>[.,][-\u2013\u2014]{{1,2}})?(?:{_SIGN_AFTER})?",
    re.IGNORECASE,
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
    for count, match in enumerate(_PRICE.finditer(text)):
        if count >= _MOST_PRICES:
            return
        sign = match["before"] or match["after"]
        if sign is None and not bare and match["dash"] is None:
            continue
        amount = amount_of(match["number"])
        if amount is None:
            continue
        currency = None if sign is None else currency_of(sign, country)
        yield Found(
            Price(amount, currency, match.group().strip()), match.start(), match.end(), sign is not None
        )
