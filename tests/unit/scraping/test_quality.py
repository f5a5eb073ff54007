import pytest

from webkiln.fetching.page import Page
from webkiln.scraping.quality import quality_of, seen_of

URL = "https://a.test/bowls/celadon"
PROSE = "The kiln was fired overnight, and the celadon came out even on every shelf but the lowest. " * 12


def seen(html, *, url=URL, asked_for=URL, status=200):
    body = html.encode()
    page = Page(url, url, status, (("content-type", "text/html"),), "", body, body, 0.0)
    return seen_of(page, html, asked_for)


@pytest.mark.parametrize(
    ("asked_for", "url", "home"),
    [
        (URL, "https://a.test/", True),
        ("a.test/bowls", "https://www.a.test", True),
        (URL, URL, False),
        (URL, "https://a.test/?bowl=celadon", False),
        ("https://a.test", "https://www.a.test/", False),
        ("https://a.test/", "https://a.test/", False),
        (URL, "https://a.test/en/", False),
        ("http://[", URL, False),
    ],
)
def test_a_deeper_address_that_leads_to_the_front_page(asked_for, url, home):
    assert seen(PROSE, url=url, asked_for=asked_for).led_home is home


def test_shells_and_challenges_are_those_of_the_fetcher():
    shell = '<script src="a.js"></script><div id="root"></div>'
    assert seen(shell).shell == "the page had scripts and no text"
    assert seen(f"<p>{PROSE}</p>").shell is None
    assert seen("<script>window._cf_chl_opt={}</script>").challenge == "Cloudflare"
    assert seen('<meta name="x" content="isAccessibleForFree">').locked is False


def test_what_is_told_of_a_page():
    found, likeness = quality_of(seen(PROSE), 200, "Celadon", PROSE)
    assert found == {"verdict": "ok", "signs": [], "words": 204}
    assert likeness is None  # one sentence over and over
    found, _ = quality_of(seen("x"), 200, ["Not found", "Bowls"], "x")
    assert found["verdict"] == "thin"
