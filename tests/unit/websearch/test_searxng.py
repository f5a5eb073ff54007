import pytest
from aiohttp import web

from webkiln.websearch.freshness import parse
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query
from webkiln.websearch.searxng import SearXNG


@pytest.fixture
def searxng(asking, engines):
    return SearXNG(asking, engines.url("searxng"))


async def test_a_question_is_put_as_the_instance_reads_it(searxng, engines):
    found = await searxng.search(Query("clay", limit=3))
    (asked,) = engines.asked
    assert asked.path == "search"
    assert asked.values == {
        "q": "clay",
        "format": "json",
        "language": "en-US",
        "safesearch": "0",
        "categories": "general",
        "pageno": "1",
    }
    assert found.hits[0] == Hit(
        "https://pottery.test/1",
        "Pot number 1",
        "It's pot 1, made of clay",
        "2 days ago",
        "https://pottery.test/1.png",
        640,
        480,
    )
    assert found.notes == ()


async def test_pages_of_ten_are_asked_for_until_there_is_enough(searxng, engines):
    assert len((await searxng.search(Query("clay", limit=25))).hits) == 30
    assert [asked.values["pageno"] for asked in engines.asked] == ["1", "2", "3"]
    engines.asked.clear()
    assert len((await searxng.search(Query("clay", limit=100))).hits) == 45
    assert len(engines.asked) == 5


@pytest.mark.parametrize(
    ("engines_named", "categories", "sent"),
    [
        (None, None, {"categories": "general"}),
        ("google,bing", None, {"engines": "google,bing"}),
        (None, "general,science", {"categories": "general,science"}),
        ("google", "general", {"engines": "google", "categories": "general"}),
    ],
)
async def test_the_operator_chooses_engines_and_categories_of_web_results(
    asking, engines, engines_named, categories, sent
):
    searxng = SearXNG(asking, engines.url("searxng"), engines=engines_named, categories=categories)
    await searxng.search(Query("clay", limit=1))
    values = engines.asked[0].values
    assert {name: values[name] for name in ("engines", "categories") if name in values} == sent
    await searxng.search(Query("clay", source="news", limit=1))
    assert engines.asked[1].values["categories"] == "news"
    assert "engines" not in engines.asked[1].values


async def test_options_are_passed_on_where_it_knows_them(searxng, engines):
    query = Query(
        "clay", limit=1, lang="de", country="at", safe=True, freshness=parse("qdr:w"), location="Graz"
    )
    found = await searxng.search(query)
    values = engines.asked[0].values
    assert (values["language"], values["safesearch"], values["time_range"]) == ("de-AT", "2", "week")
    assert found.notes == ("'location' has no effect there",)
    hourly = await searxng.search(Query("clay", limit=1, freshness=parse("qdr:h")))
    assert engines.asked[1].values["time_range"] == "day"
    assert hourly.notes == ("of 'tbs' it knows day, week, month and year only",)
    ranged = await searxng.search(Query("clay", limit=1, freshness=parse("cdr:1,cd_min:1/1/2024")))
    assert "time_range" not in engines.asked[2].values
    assert ranged.notes


async def test_a_pictures_address_gets_a_scheme(searxng, engines):
    async def answer(_request):
        row = {"url": "https://a.test/", "img_src": "//a.test/a.png", "resolution": "1920×1080"}  # noqa: RUF001
        return web.json_response({"results": [row, {"url": "https://b.test/"}]})

    engines.instead["searxng"] = answer
    first, second = (await searxng.search(Query("clay", source="images", limit=2))).hits
    assert (first.image_url, first.image_width, first.image_height) == ("https://a.test/a.png", 1920, 1080)
    assert (second.image_url, second.image_width) == (None, None)


async def test_an_instance_without_json_is_told_apart(searxng, engines):
    async def answer(_request):
        return web.Response(status=403)

    engines.instead["searxng"] = answer
    with pytest.raises(ProviderFailed, match=r"HTTP 403; is 'json' among search\.formats"):
        await searxng.search(Query("clay"))


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([], ()),
        ([["google", "CAPTCHA"], ["bing", "timeout"]], ("google (CAPTCHA)", "bing (timeout)")),
        ([["google", "CAPTCHA"], ["google", "CAPTCHA"]], ("google (CAPTCHA)",)),
        (
            ["brave", ["qwant", None], ["mojeek"], [], None, 3],
            tuple(f"{name} (no reason told)" for name in ("brave", "qwant", "mojeek")),
        ),
        ([["x" * 500, "y " * 500]], (f"{'x' * 60} ({('y ' * 30)[:60]})",)),
    ],
)
async def test_engines_that_did_not_answer_are_told(searxng, engines, listed, told):
    engines.silent[:] = listed
    found = await searxng.search(Query("clay", limit=25))
    assert (len(found.hits), found.silent) == (30, told)
    engines.entries = []
    assert await searxng.search(Query("clay")) == Found((), silent=told)


async def test_what_answers_in_another_form_names_nobody(searxng, engines):
    for listed in ({"google": "timeout"}, "google", None, 3):
        engines.silent = listed
        assert (await searxng.search(Query("clay", limit=1))).silent == ()
    engines.silent = []
