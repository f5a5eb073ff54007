import threading

import pytest

from webkiln.websearch.ddgs import Ddgs
from webkiln.websearch.freshness import parse
from webkiln.websearch.query import Hit, ProviderFailed, Query


class Package:
    """Stands for the package's DDGS: the same calls, and the same keys in its answers."""

    def __init__(self):
        self.asked = []
        self.rows = {
            "text": [{"title": "Clay", "href": "https://a.test/", "body": "About clay"}],
            "news": [{"date": "2026-01-02T00:00:00+00:00", "title": "Clay", "body": "New clay",
                      "url": "https://a.test/n", "image": "https://a.test/n.png", "source": "A"}],
            "images": [{"title": "Clay", "image": "https://a.test/i.png", "thumbnail": "https://t.test/",
                        "url": "https://a.test/i", "height": "480", "width": "640", "source": "A"}],
        }  # fmt: skip
        self.failure = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, *, timeout):
        self.timeout = timeout
        return self

    def _ask(self, category, query, more):
        self.asked.append((category, query, more))
        self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        return self.rows[category]

    def text(self, query, **more):
        return self._ask("text", query, more)

    def news(self, query, **more):
        return self._ask("news", query, more)

    def images(self, query, **more):
        return self._ask("images", query, more)


@pytest.fixture
def package():
    return Package()


@pytest.fixture
def ddgs(package):
    return Ddgs(timeout_s=5, client=package)


async def test_a_question_is_one_call(ddgs, package):
    found = await ddgs.search(Query("clay", limit=3, country="gb", freshness=parse("qdr:w"), safe=True))
    assert found.hits == (Hit("https://a.test/", "Clay", "About clay"),)
    assert package.asked == [
        ("text", "clay", {"region": "uk-en", "safesearch": "on", "timelimit": "w", "max_results": 6})
    ]
    assert package.timeout == 5


async def test_news_and_images_are_calls_of_their_own(ddgs):
    (news,) = (await ddgs.search(Query("clay", source="news"))).hits
    (image,) = (await ddgs.search(Query("clay", source="images"))).hits
    assert (news.url, news.date, news.image_url) == (
        "https://a.test/n",
        "2026-01-02T00:00:00+00:00",
        "https://a.test/n.png",
    )
    assert (image.url, image.image_url, image.image_width) == (
        "https://a.test/i",
        "https://a.test/i.png",
        640,
    )


async def test_a_location_is_no_country_and_is_said_to_have_no_effect(ddgs, package):
    found = await ddgs.search(Query("clay", location="Graz", freshness=parse("cdr:1,cd_min:1/1/2024")))
    assert package.asked[0][2]["region"] == "wt-wt"
    assert package.asked[0][2]["timelimit"] is None
    assert found.notes == (
        "'location' has no effect there",
        "of 'tbs' it knows day, week, month and year only",
    )


async def test_nothing_found_is_an_answer(ddgs, package):
    package.failure = RuntimeError("No results found.")
    assert (await ddgs.search(Query("clay"))).hits == ()


async def test_a_failure_keeps_its_words_to_itself(ddgs, package):
    package.failure = LookupError("https://engine.test/?q=secret timed out")
    with pytest.raises(ProviderFailed) as caught:
        await ddgs.search(Query("clay"))
    assert str(caught.value) == "LookupError in the package ddgs"


async def test_a_call_that_hangs_is_left_behind(package):
    package.gate.clear()
    try:
        with pytest.raises(ProviderFailed, match=r"no answer within 0\.1 s"):
            await Ddgs(timeout_s=0.1, client=package).search(Query("clay"))
    finally:
        package.gate.set()


async def test_the_package_has_the_calls_we_make():
    installed = pytest.importorskip("ddgs").DDGS
    assert all(callable(getattr(installed, name)) for name in ("text", "news", "images"))
