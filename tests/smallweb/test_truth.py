"""The reference is right where a person can see it, and every site of the catalogue is reached by it."""

from __future__ import annotations

import pytest

from smallweb import SITES, crawl_truth
from smallweb.sites import names_of
from smallweb.truth import identity


def found(start, **options):
    """Return the paths that the reference finds on the start's own site."""
    urls = crawl_truth(SITES, start, **options).pages.values()
    return sorted(url.partition(".test/")[2] for url in urls)


def test_a_level_is_counted_on_the_shortest_way():
    assert found("http://levels.test/", maxDiscoveryDepth=0) == [""]
    one = ["", "quick-1", "slow-1", "turned"]
    assert found("http://levels.test/", maxDiscoveryDepth=1) == one
    two = sorted([*one, "quick-2", "slow-2", "turned-1"])
    assert found("http://levels.test/", maxDiscoveryDepth=2) == two
    assert found("http://levels.test/", maxDiscoveryDepth=3) == sorted([*two, "place", "quick-3", "turned-2"])


def test_several_redirects_to_a_page_are_one_page():
    truth = crawl_truth(SITES, "http://moved.test/docs/")
    assert sorted(truth.pages) == [
        "moved.test/docs",
        *(f"moved.test/docs/{n}" for n in ("last", "moved", "stays")),
    ]
    assert truth.denied == {"http://moved.test/docs/leaves"}


def test_a_start_that_leads_elsewhere_takes_the_crawl_with_it():
    assert found("http://gone.test/docs/") == ["manual/", "manual/one", "manual/two"]


def test_the_longest_rule_decides():
    truth = crawl_truth(SITES, "http://rules.test/")
    assert "http://rules.test/private/hidden" in truth.blocked
    assert "rules.test/private/open/b" in truth.pages


def test_traps_are_seen_from_outside():
    assert found("http://traps.test/").count("circle/more/more/") == 1
    assert max(path.count("more/") for path in found("http://traps.test/")) == 4


@pytest.mark.parametrize(("domain", "count"), [("middle.test", 1_500), ("big.test", 10_000)])
def test_every_page_of_a_crowd_is_reached(domain, count):
    assert len(crawl_truth(SITES, f"http://{domain}/", sitemap="skip").pages) == count


def test_spellings_of_a_page_are_one_and_others_are_not():
    same = ["http://a.test/x", "https://www.a.test/x/", "http://a.test/x/index.html", "http://a.test/%78"]
    assert len({identity(url) for url in same}) == 1
    assert len({identity(url, similar=False) for url in same}) == 4
    apart = [
        "http://a.test/x",
        "http://a.test/X",
        "http://a.test/x?y",
        "http://a.test/x#/y",
        "http://b.test/x",
    ]
    assert len({identity(url) for url in apart}) == 5


def test_the_sites_answer_to_names_of_their_own():
    assert len(set(SITES.names())) == len(SITES.names())
    for name in SITES.names():
        site = SITES.of(name)
        assert site is not None
        assert name in names_of(site)
