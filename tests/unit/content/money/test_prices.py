from __future__ import annotations

import pytest

from webkiln.content.money.prices import prices_in


def read(text, country="", *, bare=False):
    return [(found.price.amount, found.price.currency) for found in prices_in(text, country, bare=bare)]


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("now 1.679,00 € each", [(1679, "EUR")]),
        ("from $1,679.00", [(1679, "USD")]),
        ("12 250 Ft", [(12250, "HUF")]),
        ("1 679,50\u00a0Kč", [(1679.5, "CZK")]),
        ("£28.00 and 2 for £50", [(28, "GBP"), (50, "GBP")]),
        ("CHF 15.\u2013", [(15, "CHF")]),
        ("129:-", [(129, "SEK")]),
        ("R$ 1.299,90", [(1299.9, "BRL")]),
        ("\u0661\u0662\u066b\u0665\u0660 ر.س", [(12.5, "SAR")]),
        ("₪ 1,679", [(1679, "ILS")]),
        ("99円(税込)", [(99, "JPY")]),
        ("44 890 тг.", [(44890, "KZT")]),
        ("2 x 10 €", [(10, "EUR")]),
        ("room 12, 1970s, 12.5 km, 30 %", []),
        ("", []),
    ],
)
def test_prices_are_found_in_text(text, prices):
    assert read(text) == prices


def test_a_price_is_given_as_it_was_written():
    (found,) = prices_in("only 1.679,00 € today")
    assert (found.price.formatted, found.start, found.end) == ("1.679,00 €", 5, 15)


def test_bare_numbers_are_prices_where_they_are_wanted():
    assert read("trout 19", bare=True) == [(19, None)]
    assert read("trout 19") == []


def test_a_sign_means_what_it_means_there():
    assert read("$ 5", "mx") == [(5, "MXN")]


def test_a_text_without_end_is_left():
    assert len(read("1 € " * 20_000)) <= 5_000
