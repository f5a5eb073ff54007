import pytest

from smallsearch import KEY
from webkiln.websearch.brave import Brave
from webkiln.websearch.freshness import parse
from webkiln.websearch.query import ProviderFailed, Query


@pytest.fixture
def brave(asking, engines):
    return Brave(asking, KEY, address=engines.url("brave"))


async def test_a_question_is_put_as_brave_reads_it(brave, engines):
    found = await brave.search(Query("clay", limit=5))
    (asked,) = engines.asked
    assert asked.path == "res/v1/web/search"
    assert asked.headers["X-Subscription-Token"] == KEY
    assert asked.values == {
        "q": "clay",
        "search_lang": "en",
        "country": "US",
        "count": "10",
        "offset": "0",
        "safesearch": "off",
        "text_decorations": "false",
        "result_filter": "web",
    }
    assert found.hits[0].text == "It's pot 1, made of clay"


async def test_pages_of_twenty_are_asked_for_until_there_is_enough(brave, engines):
    assert len((await brave.search(Query("clay", limit=30))).hits) == 40
    assert [asked.values["offset"] for asked in engines.asked] == ["0", "1"]


async def test_news_and_images_have_ways_of_their_own(brave, engines):
    news = (await brave.search(Query("clay", source="news", limit=40))).hits
    images = (await brave.search(Query("clay", source="images", limit=40, safe=True))).hits
    assert [asked.path for asked in engines.asked] == ["res/v1/news/search", "res/v1/images/search"]
    assert [asked.values["count"] for asked in engines.asked] == ["50", "80"]
    assert "offset" not in engines.asked[1].values
    assert engines.asked[1].values["safesearch"] == "strict"
    assert (news[0].date, news[0].image_url) == ("2 days ago", "https://pottery.test/1.png")
    assert (images[0].image_url, images[0].image_width) == ("https://pottery.test/1.png", 640)


@pytest.mark.parametrize(
    ("tbs", "sent"),
    [
        ("qdr:d", "pd"),
        ("qdr:y", "py"),
        ("cdr:1,cd_min:1/2/2024,cd_max:3/4/2024", "2024-01-02to2024-03-04"),
        ("cdr:1,cd_max:3/4/2024", "1970-01-01to2024-03-04"),
    ],
)
async def test_freshness_is_a_span_or_two_days(brave, engines, tbs, sent):
    found = await brave.search(Query("clay", limit=1, freshness=parse(tbs)))
    assert engines.asked[0].values["freshness"] == sent
    assert found.notes == ()


async def test_what_brave_does_not_know_is_said(brave, engines):
    query = Query("clay", limit=1, country="at", lang="ja", freshness=parse("qdr:h,sbd:1"), location="Graz")
    found = await brave.search(query)
    assert engines.asked[0].values["search_lang"] == "jp"
    assert engines.asked[0].values["freshness"] == "pd"
    assert found.notes == (
        "'location' has no effect there",
        "of 'tbs' it knows no hour, so a day was asked for",
        "it does not sort by date",
    )
    unknown = await brave.search(Query("clay", limit=1, country="is"))
    assert engines.asked[1].values["country"] == "ALL"
    assert unknown.notes == ("'country' has no effect there",)


async def test_a_query_that_is_too_long_is_not_sent(brave, engines):
    for query in (Query("x" * 401), Query("a " * 51), Query("a", include_domains=("a.test",) * 40)):
        with pytest.raises(ProviderFailed, match="400 characters and 50 words"):
            await brave.search(query)
    assert engines.asked == []
