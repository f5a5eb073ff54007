from __future__ import annotations

import pytest

from webkiln.content.product.numbers import is_gtin

H1 = "<h1>Small kiln</h1><p class=price>£99</p><button>Add to cart</button>"


def variant(sold, body, **more):
    return sold(body=H1 + body, **more)["variants"][0]


@pytest.mark.parametrize(
    "body",
    [
        "<p>SKU: K-1042</p>", "<p>Item No. K-1042</p>", "<p>Art.-Nr.: K-1042</p>", "<p>Réf. : K-1042</p>",
        "<table><tr><th>Artikelnummer</th><td>K-1042</td></tr></table>", "<dl><dt>Código<dd>K-1042</dl>",
        "<p>Артикул: K-1042</p>", "<p>品番:K-1042</p>",
        "<p>Šifra: <b>K-1042</b></p>", "<p>קוד מוצר: K-1042</p>",
        "<p>رقم المنتج: K-1042</p>", "<form><input type=hidden name=sku value=K-1042></form>",
        '<div data-sku="K-1042"></div>', "<p>Kod produktu: K-1042</p>",
    ],
)  # fmt: skip
def test_a_number_is_read_behind_its_label_or_from_the_page_s_own_forms(sold, body):
    assert variant(sold, body)["sku"] == "K-1042"


@pytest.mark.parametrize(
    ("url", "sku"),
    [
        ("https://shop.test/dp/B07FQ264ZL", "B07FQ264ZL"),
        ("https://shop.test/itm/302474159", "302474159"),
        ("https://shop.test/products_id/66868/kiln.html", "66868"),
        ("https://shop.test/small-kiln_36029524.html", "36029524"),
        ("https://shop.test/kiln?productId=77120", "77120"),
    ],
)
def test_a_number_in_the_address_counts_where_no_other_is(sold, url, sku):
    assert variant(sold, "", url=url)["sku"] == sku
    assert variant(sold, "<p>SKU: K-1042</p>", url=url)["sku"] == "K-1042"


def test_words_that_machines_are_told_are_no_number(sold):
    thing = {"@type": "Product", "name": "Small kiln grey", "sku": "Small kiln grey", "offers": {"price": 99}}
    found = sold(thing, body=H1 + "<p>Product code: 144432</p>", url="https://shop.test/p/144432")
    assert found["variants"][0]["sku"] == "144432"


def test_other_numbers_have_fields_of_their_own(sold):
    body = "<p>EAN: 4006381333931</p><p>MPN: LK-77</p><p>SKU: K-1042</p>"
    assert variant(sold, body)["identifiers"] == {"gtin": "4006381333931", "mpn": "LK-77"}
    assert variant(sold, "<p>ISBN 978-3-16-148410-0</p>")["identifiers"] == {"gtin": "9783161484100"}
    assert "identifiers" not in variant(sold, "<p>EAN: 4006381333932</p>")


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("4006381333931", True), ("96385074", True), ("036000291452", True), ("4006381333932", False),
        ("0000000000000", False), ("123", False), ("", False),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", False),
    ],
)  # fmt: skip
def test_a_gtin_has_a_check_digit(digits, right):
    assert is_gtin(digits) is right
