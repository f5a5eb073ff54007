from __future__ import annotations

import asyncio
import gzip

import pytest

from unit.fetching.raw_server import page, site
from unit.fetching.scripted import ScriptedFetcher, answer
from webkiln import errors
from webkiln.fetching.robots import RobotsRules
from webkiln.fetching.sitemaps import Sitemap, SitemapEntry, Sitemaps, candidates, is_sitemap

FILE = "https://site.example/sitemap.xml"
ONE = SitemapEntry("https://site.example/one")
BODY = b"<urlset><url><loc>/one</loc></url></urlset>"
SILENT = RobotsRules()


@pytest.mark.parametrize(
    ("start", "folder"),
    [
        ("https://www.site.example/", ""),
        ("https://www.site.example/blog", "/blog"),
        ("https://www.site.example/blog/?q#f", "/blog"),
        ("https://www.site.example/blog/post.html", "/blog"),
        ("https://www.site.example/v1.2", "/v1.2"),
        ("https://www.site.example/a/b/c", "/a/b/c"),
    ],
)
def test_sitemaps_may_be_beside_the_start_and_at_the_root(start, folder):
    root = "https://www.site.example"
    places = [f"{root}{folder}/sitemap.xml", f"{root}/sitemap.xml", f"{root}/sitemap_index.xml"]
    assert candidates(start, SILENT) == list(dict.fromkeys(places))


def test_what_robots_txt_names_comes_first():
    robots = RobotsRules(sitemaps=("https://cdn.example/s.xml", "https://site.example/sitemap.xml"))
    assert candidates("https://site.example/a/", robots) == [
        "https://cdn.example/s.xml",
        "https://site.example/sitemap.xml",
        "https://site.example/a/sitemap.xml",
    ]


def test_the_registrable_domain_comes_last():
    found = candidates("https://blog.site.example/", SILENT, domain="site.example")
    assert found[-1] == "https://site.example/sitemap.xml"
    assert "http://site.example:8080/sitemap.xml" in candidates(
        "http://blog.site.example:8080/", SILENT, domain="site.example"
    )
    same = candidates("https://site.example/", SILENT, domain="site.example")
    assert same == ["https://site.example/sitemap.xml", "https://site.example/sitemap_index.xml"]
    assert candidates("https://[2001:db8::1]:8443/", SILENT)[0] == "https://[2001:db8::1]:8443/sitemap.xml"


@pytest.mark.parametrize("path", ["/a.xml", "/a.XML.gz?x", "/feed.xml#f"])
def test_a_sitemap_as_the_start_is_the_only_one(path):
    robots = RobotsRules(sitemaps=("https://site.example/s.xml",))
    start = f"https://site.example{path}"
    assert is_sitemap(start)
    assert candidates(start, robots, domain="site.example") == [start]
    assert not is_sitemap("https://site.example/a?b=.xml")


async def test_a_file_is_fetched_within_bounds_and_read():
    fetcher = ScriptedFetcher(answer(BODY))
    assert await Sitemaps(fetcher).read(FILE, timeout_s=7) == Sitemap((ONE,))
    (request,) = fetcher.requests
    assert (request.url, request.timeout_s, request.render) == (FILE, 7, "never")
    assert request.first_bytes == 50 << 20


async def test_addresses_are_relative_to_where_the_file_was_found():
    fetcher = ScriptedFetcher(answer(BODY, url="https://www.site.example/s.xml"))
    found = await Sitemaps(fetcher).read(FILE, timeout_s=7)
    assert found.pages == (SitemapEntry("https://www.site.example/one"),)


@pytest.mark.parametrize("status", [204, 301, 403, 404, 500])
async def test_without_a_file_there_are_no_pages(status):
    found = await Sitemaps(ScriptedFetcher(answer(b"" if status == 204 else BODY, status))).read(
        FILE, timeout_s=7
    )
    assert found.pages == ()
    assert FILE in str(found.warning)


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectionFailed("ERR_CONNECTION_REFUSED: tried it"),
        errors.ScrapeTimeout("late"),
        errors.BlockedAddress(),
    ],
)
async def test_a_failed_fetch_is_a_warning(error):
    found = await Sitemaps(ScriptedFetcher(error)).read(FILE, timeout_s=7)
    assert found.pages == ()
    assert error.message in str(found.warning)


async def test_large_and_packed_files_are_read_beside_the_loop():
    large = b"<urlset>" + b"<url><loc>/one</loc></url>" * 40_000 + b"</urlset>"
    fetcher = ScriptedFetcher(answer(large), answer(gzip.compress(large)), answer(large), answer(BODY))
    sitemaps = Sitemaps(fetcher)
    found = await asyncio.gather(*(sitemaps.read(FILE, timeout_s=7) for _ in range(4)))
    assert {each.pages for each in found} == {(ONE,)}


async def test_over_the_wire_wrong_types_and_unannounced_gzip_do_not_matter(serve, make_fetcher):
    server = await serve(
        site(
            {
                "/a.xml": page(BODY),
                "/a.xml.gz": page(gzip.compress(BODY)),
                "/b.xml.gz": page(gzip.compress(gzip.compress(BODY)), headers=["Content-Encoding: gzip"]),
                "/cut.xml": page(BODY[:40]),
            }
        )
    )
    sitemaps = Sitemaps(make_fetcher())
    for path in ("/a.xml", "/a.xml.gz", "/b.xml.gz", "/cut.xml"):
        found = await sitemaps.read(server.url(path), timeout_s=10)
        assert found.pages == (SitemapEntry(server.url("/one")),)
    assert (await sitemaps.read(server.url("/none.xml"), timeout_s=10)).pages == ()
