from __future__ import annotations

import itertools

from webkiln.frontier.coverage import Coverage


class Site:
    """Adds pages under numbers of their own, and reads what is next."""

    def __init__(self):
        self.coverage = Coverage()
        self.keys = {}

    def add(self, *urls, listed=False, to_read=True):
        return sum(
            self.coverage.add(url, self.keys.setdefault(url, len(self.keys)), listed=listed, to_read=to_read)
            for url in urls
        )

    def read(self, links=lambda _: (), *, most=100_000):
        read = []
        while len(read) < most and (url := self.coverage.next()) is not None:
            read.append(url)
            self.coverage.read(url, self.add(*links(url)))
        return read


def numbered(folder, count):
    return [f"http://a.test{folder}{number}" for number in range(count)]


def test_each_page_is_news_once_and_read_once():
    site = Site()
    assert site.add("http://a.test/1", "http://a.test/1", "http://a.test/2") == 2
    assert sorted(site.read()) == ["http://a.test/1", "http://a.test/2"]
    assert site.add("http://a.test/1") == 0
    assert site.read() == []
    assert site.keys["http://a.test/1"] in site.coverage
    assert 99 not in site.coverage


def test_what_is_not_to_be_read_is_known_all_the_same():
    site = Site()
    assert site.add("http://a.test/a.pdf", to_read=False) == 1
    assert site.add("http://a.test/a.pdf") == 0
    assert site.read() == []


def test_folders_take_turns():
    site = Site()
    site.add(*numbered("/a/", 3), *numbered("/b/", 2))
    folders = [url.split("/")[3] for url in site.read()]
    assert folders == ["a", "b", "a", "b", "a"]


def test_a_small_site_is_read_whole():
    site = Site()
    site.add(*numbered("/a/", 250))
    assert len(site.read()) == 250


def test_a_large_site_that_shows_nothing_new_any_more_counts_as_known():
    site = Site()
    site.add(*numbered("/a/", 5_000))
    assert 250 < len(site.read()) < 600


def test_a_chain_is_followed_to_its_end():
    site = Site()
    site.add("http://a.test/0")
    assert len(site.read(lambda url: [f"http://a.test/{n + 1}" for n in [int(url[14:])] if n < 999])) == 1_000


def test_lists_in_pages_are_followed_while_they_bring_something():
    site = Site()
    site.add("http://a.test/list?page=0", *(f"http://a.test/shop?facet={number}" for number in range(3_000)))

    def links(url):
        if "list?" not in url:
            return ()
        page = int(url.rpartition("=")[2])
        return () if page == 200 else (f"http://a.test/list?page={page + 1}", f"http://a.test/item-{page}")

    read = site.read(links)
    assert sum("list?" in url for url in read) == 201
    assert sum("facet" in url for url in read) < 400


def test_a_group_that_brings_nothing_waits_for_the_others():
    site = Site()
    site.add(*(f"http://a.test/shop?facet={number}" for number in range(30)), *numbered("/a/", 30))
    read = site.read()
    assert len(read) == 60
    assert all("facet" in url for url in read[-20:])


def test_listed_pages_are_sampled_from_all_folders_and_both_ends():
    site = Site()
    site.add(*numbered("/a/", 1_000), *numbered("/b/", 1_000), listed=True)
    read = site.read()
    assert len(read) == 16
    assert read[:4] == [f"http://a.test/{name}" for name in ("a/0", "b/0", "a/999", "b/999")]


def test_a_sample_ends_when_enough_of_it_brought_nothing():
    site = Site()
    for folder in range(500):
        site.add(*numbered(f"/{folder}/", 3), listed=True)
    assert len(site.read()) == 40


def test_what_listed_pages_lead_to_is_read_and_the_sample_goes_on():
    site = Site()
    site.add(*numbered("/a/", 60), listed=True)
    fresh = itertools.count()
    read = site.read(lambda url: [f"http://a.test/new/{next(fresh)}"] if "/a/" in url else ())
    assert sum("/a/" in url for url in read) == 60
    assert sum("/new/" in url for url in read) == 60
