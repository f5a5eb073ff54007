import orjson
import pytest

from webkiln.engine.outcome import encode_error
from webkiln.errors import BlockedAddress, NameNotResolved, ScrapeTimeout
from webkiln.operations.search_hits import described, failure_of, kept_failure, merged, unscraped
from webkiln.websearch.query import Hit

HIT = Hit("https://github.com/a", "A", "About a", "today", "https://a.test/a.png", 640, 480)


def test_each_source_has_its_own_words():
    assert described("web", HIT, 1, ["github"]) == {
        "url": "https://github.com/a", "title": "A", "description": "About a", "position": 1,
        "category": "github",
    }  # fmt: skip
    assert described("news", HIT, 2, []) == {
        "title": "A", "url": "https://github.com/a", "snippet": "About a", "date": "today",
        "imageUrl": "https://a.test/a.png", "position": 2,
    }  # fmt: skip
    assert described("images", HIT, 3, ["github"]) == {
        "title": "A", "imageUrl": "https://a.test/a.png", "imageWidth": 640, "imageHeight": 480,
        "url": "https://github.com/a", "position": 3,
    }  # fmt: skip


def test_what_is_not_known_is_left_out():
    assert set(described("news", Hit("https://a.test/"), 1, ["pdf"])) == {
        "title",
        "url",
        "snippet",
        "position",
    }


def test_a_document_follows_its_hit_as_it_is_stored():
    assert merged({"url": "a"}, b'{"markdown": "as  it is"}') == b'{"url":"a","markdown": "as  it is"}'
    assert merged({"url": "a"}, b"{}") == b'{"url":"a"}'


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ScrapeTimeout("late"), 408, "SCRAPE_TIMEOUT"),
        (BlockedAddress(), 403, "unsafe_domain_blocked"),
        (NameNotResolved("no such name"), 500, "SCRAPE_DNS_RESOLUTION_ERROR"),
    ],
)
def test_a_failure_is_told_in_the_metadata(error, status, code):
    failure = kept_failure(encode_error(error))
    assert failure == {"statusCode": status, "error": error.message, "code": code}
    shown = orjson.loads(unscraped({"url": "https://a.test/", "title": "A"}, failure))
    assert shown == {
        "url": "https://a.test/",
        "title": "A",
        "metadata": {"sourceURL": "https://a.test/", **failure},
    }


def test_a_failure_without_words_has_some():
    assert kept_failure(None) == {"statusCode": 500, "error": "The page failed"}
    assert failure_of(408, "late") == {"statusCode": 408, "error": "late"}
