from __future__ import annotations

import pytest

from webkiln.contract.crawl import CrawlRequest
from webkiln.engine.discovering import most_wanted
from webkiln.fetching.robots_rules import ALLOW_ALL
from webkiln.fetching.sitemap_files import Sitemap, SitemapEntry
from webkiln.operations.crawl_site import CrawledSite
from webkiln.operations.crawl_sitemaps import CrawlSitemaps, SitemapTask
from webkiln.operations.crawl_spec import CrawlSpec
from webkiln.operations.specs import PageSpec

SHOP = "https://shop.test/"


class Lenient:
    async def rules(self, _url, *, agent=None):  # noqa: ARG002
        return ALLOW_ALL


class Shop:
    """A shop whose index names `files` sitemaps of `pages` pages; every second repeats the one before."""

    def __init__(self, files: int, pages: int) -> None:
        self.files, self.pages = files, pages
        self.read_files: list[str] = []

    async def read(self, url, *, timeout_s, headers=None):  # noqa: ARG002
        if url == f"{SHOP}sitemap.xml":
            return Sitemap(sitemaps=tuple(f"{SHOP}part-{number}.xml" for number in range(self.files)))
        if "part-" not in url:
            return Sitemap()
        self.read_files.append(url)
        number = int(url.rpartition("-")[2].removesuffix(".xml")) // 2
        return Sitemap(tuple(SitemapEntry(f"{SHOP}p/{number}/{page}") for page in range(self.pages)))


def site(**options) -> CrawledSite:
    request = CrawlRequest.model_validate({"url": SHOP, **options})
    return CrawledSite(CrawlSpec.of(request, SHOP, PageSpec(request.scrape_options)), Lenient(), frozenset())


async def test_no_more_pages_are_held_than_the_crawl_has_a_use_for():
    shop = Shop(files=100, pages=2_000)
    tasks = await CrawlSitemaps(shop).at_start(site(limit=10, maxDiscoveryDepth=2), SHOP)
    assert len(tasks) == most_wanted(10) < 2_000
    assert len(shop.read_files) <= 4
    assert all(SitemapTask.of(task.payload) is None and task.depth == 0 for task in tasks)


async def test_what_sitemaps_repeat_takes_no_room():
    shop = Shop(files=4, pages=300)
    tasks = await CrawlSitemaps(shop).at_start(site(limit=10, maxDiscoveryDepth=0), SHOP)
    assert len(tasks) == len({task.key for task in tasks}) == 600


async def test_what_is_more_than_is_held_at_once_is_read_later_and_nothing_is_lost():
    shop, crawl = Shop(files=12, pages=100), site(limit=10_000, maxDiscoveryDepth=1)
    sitemaps = CrawlSitemaps(shop, most_held=150)
    tasks = await sitemaps.at_start(crawl, SHOP)
    later = [sitemap for task in tasks if (sitemap := SitemapTask.of(task.payload)) is not None]
    assert len(tasks) - len(later) == 150
    assert len(shop.read_files) == 4
    keys = {task.key for task in tasks}
    for sitemap in later:
        keys |= {task.key for task in await sitemaps.read(crawl, sitemap)}
    listed = {task.key for task in tasks if task.payload.startswith("sitemap ")}
    assert len(keys - listed) == 600


@pytest.mark.parametrize("options", [{}, {"sitemap": "only"}])
async def test_without_a_bound_on_the_depth_sitemaps_are_tasks_of_their_own(options):
    shop = Shop(files=3, pages=10)
    tasks = await CrawlSitemaps(shop).at_start(site(**options), SHOP)
    assert shop.read_files == []
    found = [SitemapTask.of(task.payload) for task in tasks]
    assert SitemapTask(1, f"{SHOP}sitemap.xml") in found
    assert None not in found
    index = await CrawlSitemaps(shop).read(site(**options), SitemapTask(1, f"{SHOP}sitemap.xml"))
    assert [SitemapTask.of(task.payload) for task in index] == [
        SitemapTask(2, f"{SHOP}part-{number}.xml") for number in range(3)
    ]
    assert len(await CrawlSitemaps(shop).read(site(**options), SitemapTask(2, f"{SHOP}part-0.xml"))) == 10


async def test_no_sitemap_is_read_where_none_is_wanted():
    shop = Shop(files=3, pages=10)
    assert await CrawlSitemaps(shop).at_start(site(sitemap="skip", maxDiscoveryDepth=1), SHOP) == []
