from __future__ import annotations

import pytest

from webkiln.content.money.currencies import CODES, SIGNS, country_of, currency_of


@pytest.mark.parametrize(
    ("sign", "country", "code"),
    [
        ("€", "", "EUR"), ("EUR", "", "EUR"), ("eur", "fr", "EUR"), ("$", "", "USD"), ("$", "ca", "CAD"),
        ("kr", "", "SEK"), ("kr.", "dk", "DKK"), ("Ft", "hu", "HUF"), ("zł", "", "PLN"), ("HUF", "", "HUF"),
        ("¥", "cn", "CNY"), ("円", "jp", "JPY"), ("ден", "", "MKD"), ("QQQ", "", None), ("", "", None),
    ],
)  # fmt: skip
def test_a_sign_stands_for_a_currency(sign, country, code):
    assert currency_of(sign, country) == code


@pytest.mark.parametrize(
    ("url", "language", "country"),
    [
        ("https://shop.example.ca/x", "en", "ca"), ("https://shop.example.com/", "en-AU", "au"),
        ("https://shop.example.com/", "da", "dk"), ("https://shop.example.com/", "", ""),
        ("https://shop.example.io/", "en", ""), ("https://shop.example.com/", "nb_NO", "no"),
    ],
)  # fmt: skip
def test_a_page_is_somewhere(url, language, country):
    assert country_of(url, language) == country


def test_every_sign_stands_for_a_code():
    assert set(SIGNS.values()) <= CODES
    assert all(sign == sign.lower() for sign in SIGNS)
