from __future__ import annotations

import pytest

from webkiln.contract.document import Document
from webkiln.contract.scrape import ScrapeOptions
from webkiln.fetching.page import Page
from webkiln.scraping.rendering import render
from webkiln.scraping.wishes import Wishes

KILN = (
    '<script type="application/ld+json">{"@type": "Product", "name": "Small kiln", "sku": "K-1",'
    '"offers": {"price": 99, "priceCurrency": "EUR"}}</script>'
)
PRODUCT = f"<title>Small kiln</title>{KILN}<h1>Small kiln</h1><p>It fires one cup."


def document(html, *formats, content_type="text/html", **options):
    body = html.encode()
    url = "https://shop.test/kiln"
    page = Page(url, url, 200, (("content-type", content_type),), "", body, body, 0.0)
    asked = ScrapeOptions.model_validate({"formats": list(formats), **options})
    return render(page, Wishes.of(asked))


def test_a_product_is_a_field_of_the_document():
    found = document(PRODUCT, "product")
    assert set(found) == {"product", "metadata"}
    assert found["product"]["variants"][0]["price"]["amount"] == 99
    found["metadata"]["sourceURL"] = found["metadata"]["url"]
    assert Document.model_validate(found).model_dump(by_alias=True, exclude_unset=True) == found


def test_nobody_looks_for_what_is_not_asked_for():
    assert set(document(PRODUCT, "markdown")) == {"markdown", "metadata"}


def test_what_a_page_does_not_have_is_absent_and_said():
    found = document("<p>Kilns are hot.", "product", "markdown")
    assert "product" not in found
    assert found["warning"] == "No product was found on the page."


@pytest.mark.parametrize(("kind", "body"), [("application/json", "{}"), ("text/plain", "kiln 99 EUR")])
def test_what_is_no_page_has_none(kind, body):
    found = document(body, "product", content_type=kind)
    assert "product" not in found
    assert found["warning"] == "No product was found on the page."


def test_what_a_request_leaves_out_of_the_page_is_read_all_the_same():
    found = document(PRODUCT, "product", "markdown", excludeTags=["h1"], includeTags=["p"])
    assert found["product"]["title"] == "Small kiln"
    assert "Small kiln" not in found["markdown"]


def test_a_page_that_only_describes_a_product_is_no_empty_one():
    assert document(f"<title>Small kiln</title>{KILN}", "product")["product"]["title"] == "Small kiln"
