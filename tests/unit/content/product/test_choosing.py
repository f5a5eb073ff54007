from __future__ import annotations

import pytest


def product(name, **more):
    return {"@type": "Product", "name": name, "offers": {"price": 5}, **more}


H1 = "<h1>Small kiln</h1>"


def test_it_is_the_one_that_the_page_is_called_after(sold):
    found = sold(product("Large kiln"), product("Small kiln"), product("Kiln shelf"), body=H1)
    assert found["title"] == "Small kiln"


def test_it_is_the_one_whose_address_the_page_has(sold):
    one = product("Ofen A", url="https://www.shop.test/kilns/small?ref=1")
    assert sold(product("Ofen B"), one)["title"] == "Ofen A"


@pytest.mark.parametrize("via", ["isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor"])
def test_what_goes_with_it_is_not_it(sold, via):
    assert sold(product("Kiln", **{via: [product("Small kiln")]}), body=H1)["title"] == "Kiln"
    assert sold({"@type": "WebPage", via: product("Small kiln")}, body=H1) is None


def test_a_listing_sells_no_one_thing(sold):
    items = [{"@type": "ListItem", "item": product(name)} for name in ("Cup", "Bowl", "Plate")]
    assert sold({"@type": "ItemList", "itemListElement": items}, body="<h1>Tableware</h1>") is None
    assert sold(*(product(name) for name in ("Cup", "Bowl", "Plate")), body="<h1>Tableware</h1>") is None


@pytest.mark.parametrize(
    "thing", [{"@type": "Article", "name": "Small kiln"}, {"@type": "Book", "name": "Kilns"}]
)
def test_what_is_not_offered_is_no_product(sold, thing):
    assert sold(thing, body=H1) is None


def test_a_book_that_is_offered_is_one(sold):
    assert sold({**product("Kilns"), "@type": "Book"}, body="<h1>Kilns</h1>")["title"] == "Kilns"


def test_the_main_thing_of_a_page_is_it(sold):
    assert sold({"@type": "ItemPage", "mainEntity": product("Small kiln")}, body=H1)["title"] == "Small kiln"
