import pytest
from aiohttp import web

from smallsearch import KEY, Entry
from webkiln.websearch.freshness import parse
from webkiln.websearch.query import ProviderFailed, Query
from webkiln.websearch.tavily import Tavily


@pytest.fixture
def tavily(asking, engines):
    return Tavily(asking, KEY, address=engines.url("tavily"))


async def test_a_question_is_one_post_with_the_domains_beside_it(tavily, engines):
    found = await tavily.search(Query("clay", limit=15, exclude_domains=("b.test",)))
    (asked,) = engines.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.values == {
        "query": "clay",
        "max_results": 20,
        "topic": "general",
        "include_domains": [],
        "exclude_domains": ["b.test"],
    }
    assert len(found.hits) == 20
    assert found.hits[0].text == "It's pot 1, made of clay"


async def test_sites_of_categories_are_domains_too(tavily, engines):
    engines.entries = [Entry("https://github.com/a", "clay"), Entry("https://b.test/", "clay")]
    found = await tavily.search(Query("clay", sites=("github.com",)))
    assert engines.asked[0].values["include_domains"] == ["github.com"]
    assert [hit.url for hit in found.hits] == ["https://github.com/a"]
    both = await tavily.search(Query("clay", sites=("github.com",), include_domains=("b.test",)))
    assert engines.asked[1].values["include_domains"] == ["b.test"]
    assert both.hits == ()
    typed = await tavily.search(Query("clay", sites=("github.com",), file_type="pdf"))
    assert engines.asked[2].values["query"] == "clay (site:github.com OR filetype:pdf)"
    assert typed.notes == ("it may pass over the type of files that was asked for",)


@pytest.mark.parametrize(
    ("tbs", "sent", "noted"),
    [
        ("qdr:m", {"time_range": "month"}, 0),
        ("qdr:h", {"time_range": "day"}, 1),
        ("cdr:1,cd_min:1/2/2024,cd_max:3/4/2024", {"start_date": "2024-01-02", "end_date": "2024-03-04"}, 0),
        ("sbd:1", {}, 1),
    ],
)
async def test_freshness_is_in_its_words(tavily, engines, tbs, sent, noted):
    found = await tavily.search(Query("clay", freshness=parse(tbs)))
    values = engines.asked[0].values
    assert {name: values[name] for name in ("time_range", "start_date", "end_date") if name in values} == sent
    assert len(found.notes) == noted


async def test_news_are_a_topic_with_dates(tavily, engines):
    (hit, *_) = (await tavily.search(Query("clay", source="news"))).hits
    assert engines.asked[0].values["topic"] == "news"
    assert hit.date == "2 days ago"


async def test_images_are_addresses_with_or_without_words(tavily, engines):
    (hit, *_) = (await tavily.search(Query("clay", source="images"))).hits
    assert (hit.url, hit.image_url, hit.title) == (
        "https://pottery.test/1.png",
        "https://pottery.test/1.png",
        "Pot number 1",
    )

    async def answer(_request):
        return web.json_response({"results": [], "images": ["https://a.test/a.png", None]})

    engines.instead["tavily"] = answer
    (bare,) = (await tavily.search(Query("clay", source="images"))).hits
    assert (bare.image_url, bare.title) == ("https://a.test/a.png", "")


async def test_another_form_is_a_failure(tavily, engines):
    async def answer(_request):
        return web.json_response({"results": "none"})

    engines.instead["tavily"] = answer
    with pytest.raises(ProviderFailed, match="form"):
        await tavily.search(Query("clay"))
