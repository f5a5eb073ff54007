"""What is wrong is said in the error itself: many clients show nothing else (contract §1.2)."""

import orjson
import pytest

from webkiln.contract.crawl import CrawlRequest
from webkiln.contract.issues import bad_request, issue, told
from webkiln.contract.scrape import ScrapeRequest
from webkiln.contract.search import HIT_FORMATS_NAMED, SearchRequest
from webkiln.contract.supported import check_supported
from webkiln.contract.v1.scrape import V1ScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest

UNRECOGNIZED = "Unrecognized key in body -- please review the v2 API documentation for request body changes"
FORMATS = "Formats of this server: markdown, html, rawHtml, links, images, attributes, product, menu, "
FORMATS += "changeTracking, quality, and with a browser "


def error(model, **keys):
    with pytest.raises(BadRequest) as caught:
        request, _ = parse_body(model, orjson.dumps({"url": "https://a.test", **keys}))
        check_supported(request, browser=True)
    return caught.value


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"maxAge": -1}, "Bad Request: maxAge: Input should be greater than or equal to 0"),
        ({"mobile": "yes"}, "Bad Request: mobile: Invalid input: expected boolean"),
        (
            {"location": {"languages": [5]}},
            "Bad Request: location.languages.0: Invalid input: expected string",
        ),
        ({"onlymaincontent": True}, f"{UNRECOGNIZED}: 'onlymaincontent'"),
        ({"location": {"cuontry": "de"}, "maxAge": -1}, f"{UNRECOGNIZED}: 'location.cuontry'"),
        ({"waitFor": 900, "timeout": 1000}, "waitFor must not exceed half of timeout"),
        ({"formats": ["pdf"]}, f"Bad Request: formats.0 names no format. {FORMATS}screenshot and branding."),
        (
            {"formats": ["json"]},
            f"The format 'json' is not available on this server. {FORMATS}screenshot and branding.",
        ),
    ],
)
def test_the_headline_says_what_is_wrong(keys, said):
    assert error(ScrapeRequest, **keys).message == said


def test_several_are_told_and_the_rest_counted():
    found = error(ScrapeRequest, maxAge=-1, minAge=-1, waitFor=-1, mobile=1, blockAds=1)
    assert found.message.count(";") == 3
    assert found.message.endswith("; and 2 more")
    assert len(found.details) == 5


def test_one_mistake_in_many_places_is_told_once():
    twice = [issue("custom", ["a"], "No."), issue("custom", ["b"], "No.")]
    assert bad_request(twice).message == "No."


def test_long_texts_are_cut_in_the_headline_and_not_in_the_details():
    found = bad_request([issue("too_big", ["a"], "x" * 5_000)])
    assert len(found.message) < 400
    assert len(found.details[0]["message"]) == 5_000


def test_formats_are_named_wherever_they_are_asked_for():
    crawled = error(CrawlRequest, scrapeOptions={"formats": ["nonsense"]})
    assert crawled.message.startswith("Bad Request: scrapeOptions.formats.0 names no format. Formats of")
    assert FORMATS in error(V1ScrapeRequest, formats=["nonsense"]).message
    mode = error(ScrapeRequest, formats=["markdown", {"type": "changeTracking", "modes": ["x"]}])
    assert "Formats" not in mode.message


def test_a_search_names_its_own():
    with pytest.raises(BadRequest) as caught:
        parse_body(SearchRequest, b'{"query": "a", "scrapeOptions": {"formats": ["branding"]}}')
    said = told(caught.value.details, formats=HIT_FORMATS_NAMED)
    assert said == (
        "The format 'branding' is not available in a search. "
        "Formats of a search: markdown, html, rawHtml, links, images, product, menu, quality, "
        "and with a browser screenshot."
    )
