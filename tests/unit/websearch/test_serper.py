import pytest

from smallsearch import KEY
from webkiln.websearch.freshness import parse
from webkiln.websearch.query import Query
from webkiln.websearch.serper import Serper


@pytest.fixture
def serper(asking, engines):
    return Serper(asking, KEY, address=engines.url("serper"))


async def test_a_question_is_one_post_with_the_key_in_its_header(serper, engines):
    found = await serper.search(Query("clay", limit=5, exclude_domains=("b.test",)))
    (asked,) = engines.asked
    assert asked.path == "search"
    assert asked.headers["X-API-KEY"] == KEY
    assert asked.values == {"q": "clay -site:b.test", "num": 10, "hl": "en", "gl": "us", "page": 1}
    assert (found.hits[0].title, found.hits[0].text) == ("Pot number 1", "It's pot 1, made of clay")
    assert len(found.hits) == 10


async def test_options_are_passed_on_as_google_has_them(serper, engines):
    query = Query("clay", limit=1, lang="de", location="Graz", freshness=parse("sbd:1,qdr:w"), safe=True)
    found = await serper.search(query)
    values = engines.asked[0].values
    assert (values["hl"], values["location"], values["tbs"]) == ("de", "Graz", "sbd:1,qdr:w")
    assert "gl" not in values
    assert found.notes == ("'safe' has no effect there",)


async def test_news_have_a_date_and_a_picture(serper, engines):
    (hit, *_) = (await serper.search(Query("clay", source="news", limit=1))).hits
    assert engines.asked[0].path == "news"
    assert (hit.date, hit.image_url) == ("2 days ago", "https://pottery.test/1.png")


async def test_images_have_a_size(serper, engines):
    (hit, *_) = (await serper.search(Query("clay", source="images", limit=1))).hits
    assert engines.asked[0].path == "images"
    assert (hit.image_url, hit.image_width, hit.image_height) == ("https://pottery.test/1.png", 640, 480)


async def test_a_page_that_is_not_full_is_the_last_one_paid_for(serper, engines):
    engines.entries = engines.entries[:7]
    assert len((await serper.search(Query("clay", limit=50))).hits) == 7
    assert len(engines.asked) == 1
