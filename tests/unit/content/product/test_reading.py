from __future__ import annotations

import pytest

BUY = "<button>Add to cart</button>"
KILN = {
    "@type": "Product",
    "name": "Small kiln",
    "offers": {"@type": "Offer", "price": "120", "priceCurrency": "EUR"},
}


def test_a_page_that_tells_machines_nothing_sells_what_it_shows(sold):
    body = (
        "<nav class=breadcrumb><a href=/>Home</a><a href=/k>Kilns</a><a href=/s>Small ones</a></nav>"
        "<h1>Small kiln</h1><p>Brand: Lehm</p><p>SKU: K-1</p><p><s>£120</s> <b>£99.00</b></p><p>In stock</p>"
        + BUY
    )
    head = '<meta name=description content="It fires."><meta property=og:image content=/k.jpg>'
    assert sold(body=body, head=head) == {
        "title": "Small kiln",
        "url": "https://shop.test/kilns/small",
        "brand": "Lehm",
        "category": "Kilns > Small ones",
        "description": "It fires.",
        "variants": [
            {
                "id": "K-1",
                "sku": "K-1",
                "title": "Small kiln",
                "price": {"amount": 99.0, "currency": "GBP", "formatted": "£99.00"},
                "sale": {"originalPrice": {"amount": 120.0, "currency": "GBP", "formatted": "£120"}},
                "availability": {"inStock": True, "text": "In stock"},
                "images": [{"url": "https://shop.test/k.jpg", "alt": None}],
            }
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        "<h1>How kilns work</h1><p>They cost £500 and more. " + "Heat rises. " * 60 + "</p>",
        "<h1>All kilns</h1>"
        + "".join(f"<li><a href=/{n}>Kiln {n}</a> <b>£{n}</b></li>" for n in range(90, 99)),
        "<h1>About us</h1><p>We make kilns.</p>",
        "<p>£99</p>" + BUY,
        "",
    ],
)
def test_other_pages_sell_nothing(sold, body):
    assert sold(body=body) is None


def test_a_price_that_readers_see_counts_for_more(sold):
    found = sold(KILN, body="<h1>Small kiln</h1><p class=was><s>120,00 €</s></p><p>99,00 €</p>" + BUY)
    variant = found["variants"][0]
    assert variant["price"] == {"amount": 99.0, "currency": "EUR", "formatted": "99,00 €"}
    assert variant["sale"]["originalPrice"]["amount"] == 120


def test_a_price_that_readers_see_too_is_given_as_they_see_it(sold):
    found = sold(KILN, body="<h1>Small kiln</h1><p>120,- €</p>" + BUY)
    assert found["variants"][0]["price"]["formatted"] == "120,- €"


@pytest.mark.parametrize(
    "body", ["<h1>Small kiln</h1><p>Nothing is said.</p>", "<h1>Small kiln</h1><p>only 120</p>"]
)
def test_a_price_that_is_not_seen_stays(sold, body):
    assert sold(KILN, body=body + "<p>Delivery: 4,90 €</p>")["variants"][0]["price"]["amount"] == 120


def test_thousands_that_machines_are_told_as_decimals_are_seen(sold):
    thing = {**KILN, "offers": {"price": "1.299", "priceCurrency": "EUR"}}
    found = sold(thing, body="<h1>Small kiln</h1><p class=price>1.299 €</p>" + BUY)
    assert found["variants"][0]["price"]["amount"] == 1299


def test_a_dollar_is_the_one_that_machines_are_told(sold):
    thing = {**KILN, "offers": {"price": "70", "priceCurrency": "CAD"}}
    found = sold(thing, body="<h1>Small kiln</h1><p class=price>$60</p>" + BUY)
    assert found["variants"][0]["price"]["currency"] == "CAD"


@pytest.mark.parametrize(
    ("words", "stock"),
    [
        ("Sold out", False), ("Ausverkauft", False), ("Rupture de stock", False), ("Нет в наличии", False),
        ("売り切れ", False), ("نفد", False), ("Currently unavailable.", False),
        ("Auf Lager", True), ("有货", True),
    ],
)  # fmt: skip
def test_words_tell_the_stock(sold, words, stock):
    found = sold(body=f"<h1>Small kiln</h1><p>SKU: K-1</p><p>{words}</p>")
    assert found["variants"][0]["availability"] == {"inStock": stock, "text": words}


def test_what_machines_are_told_of_the_stock_counts_before_words(sold):
    offer = {"price": 5, "availability": "https://schema.org/OutOfStock"}
    found = sold({**KILN, "offers": offer}, body="<h1>Small kiln</h1><p>In stock at other shops</p>")
    assert found["variants"][0]["availability"]["inStock"] is False


@pytest.mark.parametrize(
    "more",
    [
        {"head": "<meta property=og:type content=article>"},
        {"body": BUY * 6},
        {"body": "".join(f"<li>SKU: K-{n}</li>" for n in range(4))},
    ],
)
def test_articles_and_listings_sell_nothing_by_their_looks(sold, more):
    body = "<h1>Small kiln</h1><p>SKU: K-1</p>" + BUY
    assert sold(body=body) is not None
    assert sold(body=body + more.get("body", ""), head=more.get("head", "")) is None


def test_what_an_article_belongs_to_is_not_sold_by_it(sold):
    paper = {"@type": ["CreativeWork", "Product"], "name": "The Kiln Times"}
    assert sold({"@type": "NewsArticle", "isPartOf": paper}, body="<h1>Fires</h1>") is None


def test_descriptions_written_for_html_are_read_as_text(sold):
    thing = {**KILN, "name": "Kiln&reg; &amp; shelf", "description": "<p>Fires <b>one</b> cup.</p>"}
    found = sold(thing)
    assert (found["title"], found["description"]) == ("Kiln\u00ae & shelf", "Fires one cup.")
