"""Currencies: the signs and words that stand for them, and what tells apart those that share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.lists import read_list
from webkiln.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# ISO 4217 codes of currencies in use that pages name by their code.
_CODES: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
    GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN
    PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SOS SRD SSP SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
"""
CODES: Final = frozenset(_CODES.split())
SIGNS: Final[Mapping[str, str]] = {
    sign: code for code, _, sign in (entry.partition(" ") for entry in read_list("currency_signs"))
}
"""ISO 4217 codes by the signs and words, in lower case, that stand for them where nothing tells otherwise."""

_SHARED: Final[Mapping[str, Mapping[str, str]]] = {
    sign: dict(place.split("=") for place in places)
    for sign, *places in (entry.split(" ") for entry in read_list("shared_signs"))
}
# Top level domains of countries that sites take for what their letters say.
_OF_NO_COUNTRY: Final = frozenset({"eu", "io", "co", "tv", "me", "ai", "cc"})
_LETTERS: Final = 2  # of the code of a country (ISO 3166-1 alpha-2)
_LANGUAGES: Final = {
    "da": "dk",
    "nb": "no",
    "nn": "no",
    "no": "no",
    "sv": "se",
    "is": "is",
    "zh": "cn",
    "ja": "jp",
}


def country_of(url: str, language: str) -> str:
    """Return where a page seems to be, in the two letters of a top level domain, or nothing."""
    end = host_of(url).rpartition(".")[2]
    if len(end) == _LETTERS and end not in _OF_NO_COUNTRY:
        return end
    spoken, _, region = language.lower().replace("_", "-").partition("-")
    return region if len(region) == _LETTERS else _LANGUAGES.get(spoken, "")


def currency_of(sign: str, country: str = "") -> str | None:
    """Return the ISO 4217 code that a sign, word or code stands for on a page of a country."""
    sign = sign.strip().lower()
    shared = _SHARED.get(sign, _SHARED.get(sign.rstrip("."), {})).get(country)
    if shared is not None:
        return shared
    found = SIGNS.get(sign)
    if found is None and sign.upper() in CODES:
        return sign.upper()
    return found
