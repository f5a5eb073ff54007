from __future__ import annotations

import pytest

DISHES = "".join(f"<li><b>{name}</b> £{price}</li>" for name, price in (("Leek", 6), ("Pea", 5), ("Cod", 8)))


@pytest.mark.parametrize(
    "body",
    [
        "<h1>How we chose our wedding menu</h1><p>We paid $2,400 for 14 dishes.</p>",
        "<h1>The Menu widget</h1><pre>MenuItem(price=3)</pre><p>It is free.</p>",
        "<h1>Small kiln</h1><p>£99</p><p>In stock</p>",
        "<h1>Opening hours</h1><ul><li>Monday 12</li><li>Tuesday 12</li><li>Friday 20</li></ul>",
        "",
    ],
)
def test_other_pages_show_no_menu(shown, body):
    assert shown(body, title="x", url="https://site.test/a") is None


def test_a_shop_is_no_restaurant(shown):
    cards = "".join(f"<div class=card><a href=/{n}>Bowl {n}</a> <b>£{n}.00</b></div>" for n in range(5, 15))
    assert shown(f"<h1>Bowls</h1>{cards}", title="Bowls", url="https://shop.test/bowls") is None
    kiln = {"@type": "Product", "name": "Bowl", "offers": {"price": 5}}
    assert shown(f"<h1>Bowls</h1>{cards}", kiln, title="Bowls menu") is None


@pytest.mark.parametrize(
    ("title", "heading", "things"),
    [
        ("Speisekarte", "x", []),
        ("The Inn", "Desserts", [{"@type": "Restaurant", "name": "The Inn"}]),
        ("The Inn | Carta", "x", []),
    ],
)
def test_words_or_its_owner_make_it_a_menu(shown, title, heading, things):
    found = shown(
        f"<h1>{title}</h1><h2>{heading}</h2><ul>{DISHES}</ul>", *things, title=title, url="https://inn.test/"
    )
    assert found["isMenu"] is True
    assert 0.5 <= found["confidence"] < 0.95


def test_a_menu_has_all_the_fields_that_clients_need(shown):
    found = shown(f"<h1>Menu</h1><h2>Mains</h2><ul>{DISHES}</ul>")
    assert found["sourceUrl"] == "https://inn.test/menu"
    assert (found["merchant"], found["currency"]) == ({"name": "The Inn"}, "GBP")
    assert found["sections"][0]["items"][1] == {
        "id": "item-1-2",
        "name": "Pea",
        "description": None,
        "images": [],
        "price": {"amount": 5.0, "currency": "GBP", "formatted": "£5"},
        "availability": {"inStock": True, "text": None},
        "dietary": [],
        "calories": None,
        "optionGroups": [],
        "identifiers": {},
        "sourceUrl": "https://inn.test/menu",
    }


def test_what_readers_see_corrects_and_completes_what_machines_are_told(shown):
    items = [
        {"@type": "MenuItem", "name": name, "offers": {"price": price}}
        for name, price in (("Leek", 4), ("Pea", 5))
    ]
    items.append({"@type": "MenuItem", "name": "Cod"})
    menu = {
        "@type": "Menu",
        "hasMenuSection": {"@type": "MenuSection", "name": "Soups", "hasMenuItem": items},
    }
    found = shown(f"<h2>Soups</h2><ul>{DISHES}</ul>", menu)
    prices = [item["price"] for item in found["sections"][0]["items"]]
    assert [price["amount"] for price in prices] == [6, 5, 8]
    assert {price["currency"] for price in prices} == {"GBP"}
