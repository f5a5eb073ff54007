from __future__ import annotations

KILN = {
    "@type": "Product",
    "name": "Small kiln",
    "sku": "K-1",
    "mpn": "LK1",
    "gtin13": "4006381333931",
    "brand": {"@type": "Brand", "name": "Lehm"},
    "description": "Fires\n a cup.",
    "category": "Kilns",
    "image": [
        "/k.jpg",
        {"@type": "ImageObject", "contentUrl": "/k2.jpg", "caption": "open"},
        "data:image/png,x",
    ],
    "offers": {"@type": "Offer", "price": "99", "priceCurrency": "EUR"},
}


def test_a_product_has_the_contract_s_fields(sold):
    assert sold(KILN) == {
        "title": "Small kiln",
        "url": "https://shop.test/kilns/small",
        "brand": "Lehm",
        "category": "Kilns",
        "description": "Fires a cup.",
        "variants": [
            {
                "id": "K-1",
                "sku": "K-1",
                "title": "Small kiln",
                "identifiers": {"gtin": "4006381333931", "mpn": "LK1"},
                "price": {"amount": 99.0, "currency": "EUR", "formatted": "99.00 EUR"},
                "availability": {"inStock": True, "text": None},
                "images": [
                    {"url": "https://shop.test/k.jpg", "alt": None},
                    {"url": "https://shop.test/k2.jpg", "alt": "open"},
                ],
            }
        ],
    }


def test_each_of_a_group_is_a_variant(sold):
    red = {"@type": "Product", "name": "Bowl, red", "sku": "B-r", "color": "red", "offers": {"price": 5}}
    blue = {"@id": "#blue", "@type": "Product", "name": "Bowl, blue", "sku": "B-b", "color": "blue"}
    blue["offers"] = {"price": 6, "availability": "SoldOut"}
    group = {"@type": "ProductGroup", "name": "Bowl", "hasVariant": [red, {"@id": "#blue"}]}
    found = sold({"@graph": [group, blue]})
    assert found["title"] == "Bowl"
    assert [
        (one["sku"], one["values"], one["price"]["amount"], one["availability"]["inStock"])
        for one in found["variants"]
    ] == [("B-r", {"color": "red"}, 5, True), ("B-b", {"color": "blue"}, 6, False)]


def test_offers_of_different_things_are_variants(sold):
    offers = [
        {"@type": "Offer", "sku": "s", "name": "small", "price": 5},
        {"@type": "Offer", "itemOffered": {"@type": "Product", "sku": "l", "size": "large"}, "price": 7},
    ]
    found = sold({"@type": "Product", "name": "Bowl", "offers": offers})["variants"]
    assert [(one["sku"], one["price"]["amount"]) for one in found] == [("s", 5), ("l", 7)]
    assert found[1]["values"] == {"size": "large"}


def test_two_prices_of_one_thing_are_a_sale(sold):
    offers = [{"@type": "Offer", "price": 9}, {"@type": "Offer", "price": 7}]
    (found,) = sold({"@type": "Product", "name": "Bowl", "offers": offers})["variants"]
    assert (found["price"]["amount"], found["sale"]["originalPrice"]["amount"]) == (7, 9)


def test_one_description_adds_to_another(sold):
    found = sold(
        {"@type": "Product", "name": "Small kiln", "offers": {"price": 99}},
        body='<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Small kiln</h1>'
        '<i itemprop="sku">K-1</i></div>',
        head='<meta property="og:type" content="product"><meta property="product:brand" content="Lehm">',
    )
    assert (found["brand"], found["variants"][0]["sku"]) == ("Lehm", "K-1")
    assert found["variants"][0]["price"]["amount"] == 99


def test_what_is_no_code_or_brand_is_left_out(sold):
    found = sold({**KILN, "sku": "x" * 200, "brand": "https://lehm.test/", "gtin13": "12"})
    assert "brand" not in found
    assert "sku" not in found["variants"][0]
    assert found["variants"][0]["identifiers"] == {"mpn": "LK1"}


def test_circles_end(sold):
    group = {"@id": "#g", "@type": "ProductGroup", "name": "Bowl", "hasVariant": {"@id": "#v"}}
    member = {"@id": "#v", "@type": "Product", "name": "Bowl 1", "isVariantOf": {"@id": "#g"}}
    assert sold({"@graph": [group, member]})["title"] == "Bowl"
