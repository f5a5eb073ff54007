import pytest

from webkiln.contract.scrape import ScrapeOptions
from webkiln.scraping.wishes import Wishes, is_simple

ATTRIBUTES = {"type": "attributes", "selectors": [{"selector": "a > b", "attribute": "href"}]}


def wishes(**options):
    return Wishes.of(ScrapeOptions.model_validate(options))


@pytest.mark.parametrize(
    "selector",
    [
        "p",
        "*",
        ".a",
        "#a.b",
        "div.x.y",
        "a[href]",
        'a[href^="/x"]',
        "h1, h2 ,h3",
        "*menu*",
        " nav ",
        "my-tag",
    ],
)
def test_what_asks_an_element_for_itself_is_simple(selector):
    assert is_simple(selector)


@pytest.mark.parametrize(
    "selector",
    [
        "a b",
        "a > b",
        "a ~ b",
        "a + b",
        "p:has(~ p)",
        "p:not(.x)",
        "li:nth-child(2)",
        "a[x",
        "a, b c",
        "x" * 9 + " y",
    ],
)
def test_what_looks_at_others_is_not(selector):
    assert not is_simple(selector)


def test_they_come_back_as_they_were_sent():
    asked = wishes(
        formats=["markdown", ATTRIBUTES], includeTags=["main"], excludeTags=[".x"], onlyMainContent=False
    )
    assert Wishes.decode(asked.encode()) == asked
    assert Wishes.decode(asked.without("a > b").encode()) == asked.without("a > b")


def test_selectors_are_costly_by_their_kind_or_by_their_number():
    assert not wishes().are_costly(10**9)
    assert not wishes(includeTags=["main"]).are_costly(200_000)
    assert wishes(includeTags=["main p"]).are_costly(10)
    assert wishes(formats=[ATTRIBUTES]).are_costly(10)
    assert wishes(excludeTags=[".x"] * 100).are_costly(200_000)


def test_one_that_takes_too_long_is_left_out_with_its_kind():
    asked = wishes(formats=["html", ATTRIBUTES], includeTags=["main", "a b"], excludeTags=["c ~ d"])
    less = asked.without("c ~ d")
    assert less.left_out == ("a b", "c ~ d", "a > b")
    assert less.in_time(less.include_tags) == ("main",)
    assert not less.are_costly(100)
    assert asked.without("main").left_out == ("main",)
