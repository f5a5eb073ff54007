from __future__ import annotations

import pytest

from webkiln.content.structured_data.open_graph import product_in_tags

SOLD = {"og:type": "product", "og:title": "Kiln"}


def offer(**told):
    item = product_in_tags({**SOLD, **{name.replace("_", ":"): value for name, value in told.items()}})
    assert item is not None
    return item.items("offers")[0]


def test_a_page_that_is_a_product_is_one():
    item = product_in_tags({**SOLD, "product:brand": "Lehm", "og:image": "/k.png"})
    assert item is not None
    assert (item.types, item.text("name"), item.text("brand")) == (frozenset({"product"}), "Kiln", "Lehm")
    assert item.items("offers") == []


def test_what_it_costs_is_an_offer():
    found = offer(product_price_amount="99", product_price_currency="EUR", product_availability="oos")
    assert (found.text("price"), found.text("priceCurrency"), found.text("availability")) == (
        "99", "EUR", "oos",
    )  # fmt: skip


def test_a_sale_has_both_prices():
    found = offer(**{"product_sale-price_amount": "1"}, product_price_amount="99")
    assert found.text("price") == "99"
    sold = product_in_tags({**SOLD, "product:sale_price:amount": "80", "product:price:amount": "99"})
    assert sold is not None
    assert (sold.items("offers")[0].text("price"), sold.items("offers")[0].text("originalPrice")) == (
        "80",
        "99",
    )


@pytest.mark.parametrize("told", [{}, {"og:type": "article", "og:title": "Kilns"}, {"og:title": "Kiln"}])
def test_other_pages_sell_nothing(told):
    assert product_in_tags(told) is None


def test_a_price_is_enough():
    assert product_in_tags({"og:title": "Kiln", "og:price:amount": "5"}) is not None
