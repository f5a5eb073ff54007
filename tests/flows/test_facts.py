"""The product that a page sells and the menu that it shows, wherever formats can be asked for."""

from __future__ import annotations

import pytest

from flows.crawling import PATH, documents, wait

FACTS = ["product", "menu"]


@pytest.fixture
def kiln(web):
    return web.url("/for-sale")


@pytest.fixture
def inn(web):
    return web.url("/inn")


def scraped(api, url, **options):
    answer = api.post("/v2/scrape", {"url": url, "formats": FACTS, "maxAge": 0, **options})
    assert answer.status == 200
    return answer.body["data"]


def test_a_scrape_tells_what_a_page_sells(api, web, kiln):
    page = scraped(api, kiln)
    assert set(page) == {"product", "warning", "metadata"}
    assert page["warning"] == "No menu was found on the page."
    assert page["product"] == {
        "title": "Table kiln",
        "url": kiln,
        "brand": "Lehm",
        "description": "Table kiln, on the small web",
        "variants": [
            {
                "id": "TK-7",
                "sku": "TK-7",
                "title": "Table kiln",
                "identifiers": {"gtin": "4006381333931"},
                "price": {"amount": 899.0, "currency": "EUR", "formatted": "899,00 €"},
                "sale": {"originalPrice": {"amount": 999.0, "currency": "EUR", "formatted": "999,00 €"}},
                "availability": {"inStock": True, "text": "In stock"},
                "images": [{"url": web.url("/img/kiln.jpg"), "alt": None}],
            }
        ],
    }


def test_a_scrape_tells_what_an_inn_serves(api, inn):
    page = scraped(api, inn)
    assert page["warning"] == "No product was found on the page."
    menu = page["menu"]
    assert (menu["isMenu"], menu["currency"], menu["sourceUrl"]) == (True, "GBP", inn)
    assert {
        section["name"]: [
            (item["name"], item["price"]["amount"], item["dietary"]) for item in section["items"]
        ]
        for section in menu["sections"]
    } == {"Soups": [("Leek soup", 6.5, []), ("Pea soup", 5.0, ["vegan"])], "Mains": [("Trout", 17.0, [])]}


def test_a_page_without_either_says_so(api, web):
    page = scraped(api, web.url("/i/3"), formats=["markdown", *FACTS])
    assert page["warning"] == "No product was found on the page. No menu was found on the page."
    assert not {"product", "menu"} & page.keys()
    assert page["markdown"]


def test_batches_and_crawls_tell_it_of_each_page(api, kiln, inn):
    done = api.wait(api.start([kiln, inn], formats=FACTS, maxAge=0))
    found = {page["metadata"]["sourceURL"]: page for page in done["data"]}
    assert found[kiln]["product"]["variants"][0]["sku"] == "TK-7"
    assert len(found[inn]["menu"]["sections"]) == 2
    job = api.post(PATH, {"url": kiln, "limit": 1, "scrapeOptions": {"formats": FACTS, "maxAge": 0}}).body[
        "id"
    ]
    wait(api, job)
    assert documents(api, job)[0]["product"] == found[kiln]["product"]


def test_stored_copies_tell_the_same(api, kiln):
    fresh = scraped(api, kiln)
    copy = scraped(api, kiln, maxAge=600_000)
    assert (copy["metadata"]["cacheState"], copy["product"]) == ("hit", fresh["product"])


def test_v1_does_not_know_them(api, kiln):
    assert api.post("/v1/scrape", {"url": kiln, "formats": ["product"]}).status == 400
