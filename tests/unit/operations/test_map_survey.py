"""Looks at sites that stand at the seam to the web."""

from __future__ import annotations

import asyncio

import pytest

from engine.scripted import maker
from webkiln import errors
from webkiln.contract.map import MapRequest
from webkiln.fetching.page import Page, Rendered
from webkiln.fetching.robots import Robots
from webkiln.fetching.sitemaps import Sitemaps
from webkiln.operations.map_spec import MapSpec
from webkiln.operations.map_survey import Bounds, Survey, Tools
from webkiln.scraping.likenesses import Likenesses
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.page_index import PageIndex
from webkiln.scraping.profiles import Profiles
from webkiln.scraping.scraper import Scraper
from webkiln.scraping.snapshots import Snapshots
from webkiln.store.blobs import LocalBlobs

HOME = "http://a.test/"


class Net:
    """Pages by URL: links, a status, an address to redirect to, a body, or an error to raise.

    What is in `scripted` has links for a browser only.
    """

    def __init__(self, pages, scripted=()):
        self.pages = pages
        self.scripted = scripted
        self.asked = []
        self.open = 0
        self.most_open = 0

    async def fetch(self, request):
        self.asked.append(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(0)
            return await self.answer(request, request.url)
        finally:
            self.open -= 1

    async def answer(self, request, url):
        found = self.pages.get(url, 404)
        if found == "never":
            await asyncio.Event().wait()
        if isinstance(found, errors.WebkilnError):
            raise found
        if isinstance(found, str):
            return await self.answer(request, found)
        status, body, rendered = 200, found, None
        if isinstance(found, int):
            status, body = found, ""
        if isinstance(found, list):
            rendered = Rendered() if url in self.scripted and request.render == "if_needed" else None
            links = [] if url in self.scripted and rendered is None else found
            body = f"<title>{url}</title>" + "".join(f"<a href='{link}'>x</a>" for link in links)
        data = body if isinstance(body, bytes) else body.encode()
        headers = (("content-type", "text/html"),)
        return Page(request.url, url, status, headers, "", data, data, 0.0, rendered)

    async def close(self):
        """Hold nothing."""


@pytest.fixture
def tools(database, tmp_path, clock):
    def make(net):
        scraper = Scraper(
            net,
            PageCache(database, lambda wire, _: wire),
            PageIndex(database, enabled=False),
            LocalBlobs(tmp_path / "blobs"),
            Profiles(database, clock),
            Snapshots(database),
            Likenesses(database),
            maker(),
        )
        return Tools(scraper, Robots(net), Sitemaps(net))

    return make


@pytest.fixture
def survey(tools):
    def make(net, *, seconds=20.0, pages=1_000, enough=5_000, **asked):
        request = MapRequest.model_validate({"url": HOME, **asked})
        spec = MapSpec.of(request, request.url, deadline=None)
        return Survey(tools(net), spec, Bounds(seconds, pages, enough), holder="task")

    return make


async def look(survey):
    await survey.run()
    return [entry.url for entry in survey.entries]


async def test_links_lead_to_links(survey):
    made = survey(Net({HOME: ["/b", "http://other.test/"], f"{HOME}b": ["/c#part"], f"{HOME}c": []}))
    assert await look(made) == [HOME, f"{HOME}b", f"{HOME}c"]
    assert [entry.title for entry in made.entries] == [HOME, f"{HOME}b", f"{HOME}c"]
    assert made.linked
    assert not made.out_of_time
    assert not made.out_of_pages


async def test_other_sites_are_listed_if_that_is_wanted_and_never_read(survey):
    net = Net({HOME: ["http://other.test/x", "http://other.test/"]})
    assert await look(survey(net, allowExternalLinks=True)) == [HOME, "http://other.test/x"]
    assert not [request for request in net.asked if "other.test" in request.url]


async def test_files_are_listed_and_not_read(survey):
    net = Net({HOME: ["/a.pdf", "/feed.xml", "/b.png"]})
    assert await look(survey(net)) == [HOME, f"{HOME}a.pdf", f"{HOME}feed.xml"]
    assert not [request for request in net.asked if request.url.endswith((".pdf", "feed.xml"))]


async def test_what_robots_txt_forbids_is_listed_and_not_read(survey):
    net = Net(
        {HOME: ["/in/a"], f"{HOME}robots.txt": b"User-agent: *\nDisallow: /in/", f"{HOME}in/a": ["/in/b"]}
    )
    assert await look(survey(net)) == [HOME, f"{HOME}in/a"]


async def test_a_page_that_leads_to_another_is_that_other(survey):
    pages = {HOME: ["/old", "/out"], f"{HOME}old": f"{HOME}new", f"{HOME}new": ["/c"], f"{HOME}c": []}
    found = await look(
        survey(Net({**pages, f"{HOME}out": "http://other.test/", "http://other.test/": ["/x"]}))
    )
    assert sorted(found) == [HOME, f"{HOME}c", f"{HOME}new", f"{HOME}out"]


async def test_a_map_moves_with_its_start(survey):
    pages = {HOME: "http://www.b.test/en", "http://www.b.test/en": ["/x", "http://a.test/y"]}
    pages |= {"http://www.b.test/x": [], "http://b.test/listed": []}
    made = survey(Net({**pages, "http://www.b.test/sitemap.xml": b"http://b.test/listed"}))
    assert sorted(await look(made)) == [
        f"http://{name}" for name in ("b.test/listed", "www.b.test/en", "www.b.test/x")
    ]


async def test_pages_that_a_browser_has_to_show_are_shown_and_few(survey):
    chain = {HOME: ["/1"], **{f"{HOME}{n}": [f"/{n + 1}"] for n in range(1, 200)}}
    net = Net(chain, scripted=chain)
    made = survey(net)
    assert len(await look(made)) == 52
    assert made.fetched == 50
    assert made.out_of_pages


async def test_few_pages_are_shown_to_see_that_a_sitemap_is_whole(survey):
    urls = [f"{HOME}{n}" for n in range(60)]
    net = Net({HOME: ["/1"], **{url: ["/2"] for url in urls}}, scripted=(HOME, *urls))
    net.pages[f"{HOME}sitemap.xml"] = "\n".join(urls).encode()
    made = survey(net)
    assert len(await look(made)) == 61
    assert 8 <= made.fetched <= 9  # two at once


async def test_a_page_read_over_http_shows_that_the_others_need_no_browser(survey):
    net = Net({HOME: ["/b"], f"{HOME}b": ["/c"], f"{HOME}c": []}, scripted=(f"{HOME}b",))
    assert await look(survey(net)) == [HOME, f"{HOME}b"]
    assert [request.render for request in net.asked if request.url == f"{HOME}b"] == ["never"]


async def test_so_many_at_once_and_no_more(survey):
    net = Net({HOME: [f"/{n}" for n in range(60)], **{f"{HOME}{n}": [] for n in range(60)}})
    assert len(await look(survey(net))) == 61
    assert 2 < net.most_open <= 8


async def test_enough_is_enough(survey):
    chain = {HOME: ["/1"], **{f"{HOME}{n}": [f"/{n + 1}"] for n in range(1, 200)}}
    made = survey(Net(chain), enough=10)
    assert 10 <= len(await look(made)) <= 12


async def test_what_there_is_when_the_time_is_up(survey):
    made = survey(Net({HOME: ["/b", "/c"], f"{HOME}b": "never", f"{HOME}c": []}), seconds=0.2)
    assert await look(made) == [HOME, f"{HOME}b", f"{HOME}c"]
    assert made.out_of_time


@pytest.mark.parametrize(
    "error", [errors.NameNotResolved("a"), errors.BlockedAddress(), errors.ConnectionFailed("b")]
)
async def test_a_start_that_cannot_be_fetched_leaves_the_sitemap(survey, error):
    made = survey(
        Net(
            {
                HOME: error,
                f"{HOME}sitemap.xml": b"http://a.test/b\nhttp://a.test/c",
                f"{HOME}b": [],
                f"{HOME}c": error,
            }
        )
    )
    found = await look(made)
    assert found[0] == f"{HOME}b"
    assert (f"{HOME}c" in found) is not isinstance(error, errors.NameNotResolved)
    assert made.start_error is error


async def test_a_site_that_is_busy_is_left_alone(survey):
    made = survey(Net({HOME: [f"/{n}" for n in range(60)], **{f"{HOME}{n}": 503 for n in range(60)}}))
    assert len(await look(made)) == 61
    assert made.turned_away
    assert made.fetched < 15


async def test_headers_and_languages_go_to_pages_and_headers_to_sitemaps(survey):
    net = Net({HOME: ["/b"], f"{HOME}b": []})
    await look(survey(net, headers={"X-A": "b"}, location={"languages": ["de"]}))
    asked = {request.url: request for request in net.asked}
    for url in (HOME, f"{HOME}b", f"{HOME}sitemap.xml"):
        assert asked[url].headers == {"X-A": "b"}
        assert asked[url].verify_tls
    assert asked[f"{HOME}b"].languages == ("de",)


async def test_only_the_sitemap(survey):
    made = survey(
        Net({HOME: ["/b"], f"{HOME}sitemap.xml": b"http://a.test/c\nhttp://other.test/"}), sitemap="only"
    )
    assert await look(made) == [f"{HOME}c"]
    assert not made.linked


async def test_a_missing_sitemap_is_told_of(survey):
    made = survey(Net({HOME: []}), sitemap="only")
    assert await look(made) == []
    assert "404" in made.sitemap_warning


async def test_nested_sitemaps_are_followed_on_the_site_and_not_for_ever(survey):
    def index(*urls):
        listed = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
        return f"<sitemapindex>{listed}</sitemapindex>".encode()

    pages = {f"{HOME}{n}.xml": index(f"{HOME}{n + 1}.xml", "http://other.test/0.xml") for n in range(10)}
    net = Net({HOME: [], **pages, f"{HOME}sitemap.xml": index(f"{HOME}0.xml", f"{HOME}sitemap.xml")})
    await look(survey(net, sitemap="only"))
    assert sorted(request.url for request in net.asked if request.url.endswith(".xml")) == [
        f"{HOME}{name}.xml" for name in ("0", "1", "2", "sitemap", "sitemap_index")
    ]
