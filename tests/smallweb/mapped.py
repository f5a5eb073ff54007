"""The sites there are for maps, each with another kind of sitemap; the same in every process.

listed.test    a sitemap that has every page, one of them linked from nowhere
partial.test   a sitemap of the sections only, and a blog on a host of its own with a sitemap of its own
stale.test     a sitemap that is behind: pages that are gone, half of those that are there
paged.test     items that only a list in pages leads to, `/list?page=2`
walled.test    answers 429 to everything but its home
"""

from __future__ import annotations

from smallweb.sites import Listing, Page, Site

SECTIONS = 6
LEAVES = 15


def _listed() -> Site:
    pages = {f"listed.test/{name}": Page(("/",)) for name in ("a", "b/c", "only-listed", "paper.pdf")}
    pages["listed.test/"] = Page(("/a", "/b/c", "/paper.pdf", "/b/c#part", "http://stale.test/"))
    entries = tuple(f"http://{name}" for name in pages)
    return Site("listed.test", pages, listings={"listed.test/sitemap.xml": Listing("xml", entries)})


def _sections(domain: str) -> dict[str, Page]:
    pages = {f"{domain}/": Page(tuple(f"/s{section}/" for section in range(SECTIONS)))}
    for section in range(SECTIONS):
        leaves = [f"/s{section}/leaf-{leaf}" for leaf in range(LEAVES)]
        pages[f"{domain}/s{section}/"] = Page((*leaves, "/"))
        pages |= {f"{domain}{leaf}": Page(("/", leaves[0])) for leaf in leaves}
    return pages


def _partial() -> Site:
    pages = _sections("partial.test")
    pages["partial.test/s0/"] = Page((*pages["partial.test/s0/"].links, "http://blog.partial.test/"))
    pages["blog.partial.test/"] = Page(("/first",))
    pages["blog.partial.test/first"] = pages["blog.partial.test/second"] = Page()
    sections = ("http://partial.test/", *(f"http://partial.test/s{number}/" for number in range(SECTIONS)))
    return Site(
        "partial.test",
        pages,
        hosts=("blog.partial.test",),
        rules=("Disallow: /s5/",),
        announced=("http://partial.test/all.xml",),
        listings={
            "partial.test/all.xml": Listing("index", ("http://partial.test/sections.xml.gz",)),
            "partial.test/sections.xml.gz": Listing("gz", sections),
            "blog.partial.test/sitemap.xml": Listing("xml", ("http://blog.partial.test/second",)),
        },
    )


def _stale() -> Site:
    pages = _sections("stale.test")
    listed = [name for place, name in enumerate(pages) if place % 2]
    listed += ["stale.test/gone-1", "stale.test/s0/gone-2"]
    entries = tuple(f"http://{name}" for name in listed)
    return Site("stale.test", pages, listings={"stale.test/sitemap.xml": Listing("txt", entries)})


def _paged() -> Site:
    pages = {"paged.test/": Page(("/list?page=1", "/list?page=1&sort=up"))}
    for number in range(1, 13):
        links = [f"/item-{number}-{place}" for place in range(5)]
        links += [f"/list?page={number + 1}", f"/list?page={number}&sort=up"] if number < 12 else []
        pages[f"paged.test/list?page={number}"] = Page(tuple(links))
        pages[f"paged.test/list?page={number}&sort=up"] = Page(tuple(links))
        pages |= {f"paged.test{link}": Page(("/",)) for link in links if link.startswith("/item")}
    return Site("paged.test", pages)


def _walled() -> Site:
    pages = {f"walled.test/p{number}": Page(status=429) for number in range(60)}
    pages["walled.test/"] = Page(tuple(f"/p{number}" for number in range(60)))
    return Site("walled.test", pages)


def made_for_maps() -> list[Site]:
    """Return all sites."""
    return [_listed(), _partial(), _stale(), _paged(), _walled()]
