import pytest

from smallsearch import KEY
from webkiln.websearch.freshness import parse
from webkiln.websearch.query import Query
from webkiln.websearch.searchapi import SearchAPI


@pytest.fixture
def searchapi(asking, engines):
    return SearchAPI(asking, KEY, address=engines.url("searchapi"))


async def test_the_key_is_in_a_header_and_not_in_the_address(searchapi, engines):
    found = await searchapi.search(Query("clay", limit=5))
    (asked,) = engines.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.values == {"engine": "google", "q": "clay", "hl": "en", "gl": "us", "num": "10", "page": "1"}
    assert len(found.hits) == 10


async def test_options_are_passed_on_in_its_own_words(searchapi, engines):
    tbs = parse("cdr:1,cd_min:1/2/2024,cd_max:3/4/2024,sbd:1")
    found = await searchapi.search(Query("clay", limit=1, freshness=tbs, safe=True, duplicates="0"))
    values = engines.asked[0].values
    assert (values["time_period_min"], values["time_period_max"]) == ("01/02/2024", "03/04/2024")
    assert (values["safe"], values["filter"]) == ("active", "0")
    assert found.notes == ("it sorts by date only among news",)
    await searchapi.search(Query("clay", source="news", limit=1, freshness=parse("qdr:h,sbd:1"), safe=False))
    values = engines.asked[1].values
    assert (values["time_period"], values["sort_by"], values["safe"]) == ("last_hour", "most_recent", "off")


async def test_news_and_images_are_engines_of_their_own(searchapi, engines):
    (news, *_) = (await searchapi.search(Query("clay", source="news", limit=1))).hits
    (image, *_) = (await searchapi.search(Query("clay", source="images", limit=1))).hits
    assert [asked.values["engine"] for asked in engines.asked] == ["google_news", "google_images"]
    assert (news.date, news.image_url) == ("2 days ago", "https://pottery.test/1.png")
    assert (image.url, image.image_url, image.image_width) == (
        "https://pottery.test/1",
        "https://pottery.test/1.png",
        640,
    )


async def test_a_picture_inside_the_answer_is_no_address(searchapi, engines):
    engines.entries = [type(engines.entries[0])("https://a.test/", "Clay")]
    (hit,) = (await searchapi.search(Query("clay", source="news"))).hits
    assert hit.image_url is None
