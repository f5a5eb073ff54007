from __future__ import annotations

import pytest

KILN = {"@type": "Product", "name": "Small kiln"}


def variant(sold, offers, **more):
    return sold({**KILN, "offers": offers, **more})["variants"][0]


@pytest.mark.parametrize(
    ("offers", "price"),
    [
        ({"@type": "Offer", "price": "1299.00", "priceCurrency": "EUR"}, (1299, "EUR")),
        ({"@type": "Offer", "price": 1299, "priceCurrency": "eur"}, (1299, "EUR")),
        ({"@type": "Offer", "price": "1.299,00 €"}, (1299, "EUR")),
        ({"@type": "Offer", "price": "$60", "priceCurrency": "CAD"}, (60, "CAD")),
        ({"@type": "AggregateOffer", "lowPrice": "5", "highPrice": "9", "priceCurrency": "USD"}, (5, "USD")),
        ({"@type": "AggregateOffer", "offers": [{"price": "7", "priceCurrency": "USD"}]}, (7, "USD")),
        ([{"@type": "Offer", "price": "0"}, {"@type": "Offer", "price": "8"}], (8, None)),
        ({"priceSpecification": {"price": 4.5, "priceCurrency": "GBP"}}, (4.5, "GBP")),
        ({"priceSpecification": [{"price": "4.5"}], "priceCurrency": "GBP"}, (4.5, "GBP")),
    ],
)
def test_a_price_is_read_wherever_an_offer_has_it(sold, offers, price):
    found = variant(sold, offers)["price"]
    assert (found["amount"], found["currency"]) == price


def test_a_list_price_makes_a_sale(sold):
    found = variant(
        sold,
        {
            "priceCurrency": "EUR",
            "priceSpecification": [
                {"priceType": "https://schema.org/StrikethroughPrice", "price": 12},
                {"price": 9},
                {"price": 8, "validForMemberTier": {"@type": "MemberProgramTier", "name": "gold"}},
            ],
        },
    )
    assert (found["price"]["amount"], found["sale"]["originalPrice"]["amount"]) == (9, 12)


def test_what_was_cheaper_before_is_no_sale(sold):
    assert "sale" not in variant(sold, {"price": 9, "listPrice": 8})


@pytest.mark.parametrize(
    ("said", "stock"),
    [
        ("https://schema.org/InStock", (True, "In stock")),
        ("http://schema.org/OutOfStock", (False, "Out of stock")),
        ("SoldOut", (False, "Sold out")),
        ("PreOrder", (True, "Pre order")),
        ("in stock", (True, "In stock")),
        ("out_of_stock", (False, "Out of stock")),
        ("ausverkauft", (False, "ausverkauft")),
        ("в наличии", (True, "в наличии")),
    ],
)
def test_the_stock_is_read_in_any_spelling(sold, said, stock):
    found = variant(sold, {"price": 1, "availability": said})["availability"]
    assert (found["inStock"], found["text"]) == stock


def test_a_product_may_say_its_price_itself(sold):
    found = sold(
        body='<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Kiln</h1>'
        '<b itemprop="price">12,50 €</b></div>'
    )
    price = found["variants"][0]["price"]
    assert (price["amount"], price["currency"]) == (12.5, "EUR")
