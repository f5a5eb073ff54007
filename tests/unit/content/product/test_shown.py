from __future__ import annotations

import pytest

from webkiln.content.evidence import read_evidence
from webkiln.content.html_tree import parse
from webkiln.content.product.shown import look_at

BUY = "<button>Add to cart</button>"


def seen(body, *, url="https://shop.test/kiln", name="Small kiln", language="en"):
    return look_at(read_evidence(parse(f"<html lang={language}><body><h1>Small kiln</h1>{body}"), url), name)


def price(body, **more):
    found = seen(body, **more)
    return (found.price.amount, found.price.currency) if found.clear else None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>£99.00</p>", (99, "GBP")),
        ("<div><span>1.299</span><sup>95</sup> <span>€</span></div>", (1299.95, "EUR")),
        ("<b>CHF 15.\u2013</b>", (15, "CHF")),
        ("<p class=price>19 990 Kč</p><p>bez DPH 16 521 Kč</p>", (19990, "CZK")),
        ("<p>Versand 4,90 €</p><p class=preis>59,00 €</p>", (59, "EUR")),
        ("<p><s>120 €</s> <b>99 €</b></p>", (99, "EUR")),
        ("<p><span style='text-decoration: line-through'>120 €</span></p><p>99 €</p>", (99, "EUR")),
        ("<p class=old-price>120 zł</p><p class=price>99 zł</p>", (99, "PLN")),
        ("<p>RRP £120</p><p>£99</p>", (99, "GBP")),
        ("<p>Save £21</p><p class=price>£99</p>", (99, "GBP")),
        ("<p class=price>£99</p><p>or 3 payments, £33 per month</p>", (99, "GBP")),
        ("<p class=price>£99</p><div class=related><a href=/b><b class=price>£9</b></a></div>", (99, "GBP")),
        ("<p>Free delivery on orders over £50</p>", None),
    ],
)
def test_the_price_is_the_one_beside_the_title(body, expected):
    assert price(body + BUY) == expected


@pytest.mark.parametrize(
    ("body", "language", "expected"),
    [
        ("<div>السعر: 1,250 ر.س</div><button>أضف إلى السلة</button>", "ar", (1250, "SAR")),
        ("<div>מחיר: &rlm;₪1,679&rlm;</div><button>הוסף לסל</button>", "he", (1679, "ILS")),
        ("<div>価格 12,800円(税込)</div><button>カートに入れる</button>", "ja", (12800, "JPY")),
        ("<div>44 890 ₸</div><button>Купить</button>", "ru", (44890, "KZT")),
        ("<div>1.299.000 ₫</div><button>Thêm vào giỏ</button>", "vi", (1299000, "VND")),
        ("<div>₹1,23,456.00</div><button>Add to Bag</button>", "hi", (123456, "INR")),
    ],
)
def test_prices_are_seen_in_any_language(body, language, expected):
    found = seen(body, language=language)
    assert (found.price.amount, found.price.currency) == expected
    assert (found.clear, found.buys) == (True, True)


def test_a_struck_price_beside_it_is_the_one_before_the_sale():
    found = seen("<p><del>£120.00</del> <ins>£99.00</ins></p>" + BUY)
    assert (found.price.amount, found.original.amount) == (99, 120)


def test_prices_of_a_page_of_many_are_not_clear():
    cards = "".join(f"<li><a href=/{n}>Bowl {n}<b class=price>£{n}</b></a></li>" for n in range(10, 30))
    assert not seen(f"<p>Everything for the table</p><ul>{cards}</ul>", name="").clear


def test_what_is_hidden_is_not_seen():
    assert price("<p style='display:none'>£1</p><p>£99</p>") == (99, "GBP")


def test_a_page_without_prices_shows_none():
    found = seen("<p>It fires one cup.</p>")
    assert (found.price, found.original, found.clear, found.buys) == (None, None, False, False)
