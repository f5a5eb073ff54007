"""Documents with a product and a menu, read by the official Python client as it is installed."""

from __future__ import annotations

import pytest
from firecrawl import Firecrawl

KILN = "https://docs.firecrawl.dev/for-sale"
INN = "https://docs.firecrawl.dev/inn"


@pytest.fixture(scope="module")
def client(server):
    return Firecrawl(api_key=server.key, api_url=server.url)


def test_a_product_is_read_by_the_client(client):
    document = client.scrape(KILN, formats=["markdown", "product"])
    (variant,) = document.product.variants
    assert (document.product.title, document.product.brand, variant.sku) == ("Table kiln", "Lehm", "TK-7")
    assert (variant.price.amount, variant.sale.original_price.amount) == (899, 999)
    assert variant.availability.in_stock is True
    assert document.markdown


def test_a_menu_is_read_by_the_client(client):
    menu = client.scrape(INN, formats=["menu"]).menu
    assert (menu.is_menu, menu.currency, menu.source_url) == (True, "GBP", INN)
    assert [item.name for section in menu.sections for item in section.items] == [
        "Leek soup",
        "Pea soup",
        "Trout",
    ]
    assert 0.5 <= menu.confidence <= 1


def test_a_batch_of_both_is_read_by_the_client(client):
    documents = client.batch_scrape([KILN, INN], formats=["product", "menu"]).data
    assert sorted((one.product is not None, one.menu is not None) for one in documents) == [
        (False, True),
        (True, False),
    ]
    assert all(one.warning for one in documents)


def test_what_is_not_there_is_none(client):
    document = client.scrape("https://docs.firecrawl.dev/i/4", formats=["product"])
    assert document.product is None
    assert "No product" in document.warning
