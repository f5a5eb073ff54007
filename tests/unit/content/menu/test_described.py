from __future__ import annotations


def dish(name, price=None, **more):
    offer = {} if price is None else {"offers": {"@type": "Offer", "price": price, "priceCurrency": "EUR"}}
    return {"@type": "MenuItem", "name": name, **offer, **more}


def section(name, *dishes, **more):
    return {"@type": "MenuSection", "name": name, "hasMenuItem": list(dishes), **more}


def test_sections_are_read_in_their_order(shown, pairs):
    inn = {
        "@type": "Restaurant",
        "name": "The Inn",
        "hasMenu": {
            "@type": "Menu",
            "hasMenuSection": [
                section("Soups", dish("Leek", 6), dish("Pea", "5,50")),
                section("Fish", dish("Cod", 9)),
            ],
        },
    }
    found = shown("", inn)
    assert pairs(found) == {"Soups": [("Leek", 6), ("Pea", 5.5)], "Fish": [("Cod", 9)]}
    assert (found["confidence"], found["merchant"]) == (0.95, {"name": "The Inn", "type": "restaurant"})


def test_sections_in_sections_and_references_are_followed(shown, pairs):
    soups = section("Soups", dish("Leek", 6))
    graph = [
        {
            "@type": "Menu",
            "hasMenuSection": [
                {"@type": "MenuSection", "name": "All", "hasMenuSection": [soups]},
                {"@id": "#f"},
            ],
        },
        {**section("Fish", dish("Cod", 9)), "@id": "#f"},
    ]
    assert pairs(shown("", {"@graph": graph})) == {"Soups": [("Leek", 6)], "Fish": [("Cod", 9)]}


def test_dishes_without_a_section_have_one(shown, pairs):
    menu = {"@type": "Menu", "name": "Lunch", "hasMenuItem": [dish("Leek", 6), dish("Cod", 9)]}
    assert pairs(shown("", menu)) == {"Lunch": [("Leek", 6), ("Cod", 9)]}
    assert pairs(shown("", dish("Leek", 6), dish("Cod", 9))) == {"Menu": [("Leek", 6), ("Cod", 9)]}


def test_a_dish_has_all_that_is_said_of_it(shown):
    leek = dish(
        "Leek",
        6,
        description="creamy",
        image="/leek.jpg",
        url="/leek",
        suitableForDiet=["https://schema.org/VeganDiet", "GlutenFreeDiet"],
        nutrition={"@type": "NutritionInformation", "calories": "210 calories"},
        menuAddOn={"@type": "MenuSection", "name": "Extras", "hasMenuItem": [dish("Bread")]},
    )
    leek["offers"]["availability"] = "https://schema.org/OutOfStock"
    item = shown("", section("Soups", leek))["sections"][0]["items"][0]
    assert (item["description"], item["dietary"], item["calories"]) == (
        "creamy",
        ["vegan", "gluten-free"],
        210,
    )
    assert (item["images"], item["url"]) == (
        [{"url": "https://inn.test/leek.jpg", "alt": None}],
        "https://inn.test/leek",
    )
    assert item["availability"] == {"inStock": False, "text": "Out of stock"}
    assert item["optionGroups"] == [{"name": "Extras", "options": [{"name": "Bread"}]}]


def test_sizes_are_options(shown):
    offers = [
        {"@type": "Offer", "name": name, "price": price} for name, price in (("small", 4), ("large", 6))
    ]
    item = shown("", section("Soups", {"@type": "MenuItem", "name": "Leek", "offers": offers}))["sections"][
        0
    ]["items"][0]
    assert item["price"]["amount"] == 4
    assert [option["name"] for option in item["optionGroups"][0]["options"]] == ["small", "large"]


def test_the_currency_may_be_that_of_the_house(shown):
    inn = {"@type": "CafeOrCoffeeShop", "name": "Inn", "currenciesAccepted": "HUF"}
    inn["menu"] = {
        "@type": "Menu",
        "hasMenuItem": {"@type": "MenuItem", "name": "Leek", "offers": {"price": 900}},
    }
    assert shown("", inn)["currency"] == "HUF"


def test_circles_end(shown, pairs):
    one = {**section("A", dish("Leek", 6)), "@id": "#a", "hasMenuSection": {"@id": "#b"}}
    other = {**section("B", dish("Cod", 9)), "@id": "#b", "hasMenuSection": {"@id": "#a"}}
    assert pairs(shown("", {"@graph": [{"@type": "Menu", "hasMenuSection": {"@id": "#a"}}, one, other]})) == {
        "A": [("Leek", 6)], "B": [("Cod", 9)],
    }  # fmt: skip
