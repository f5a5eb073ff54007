from __future__ import annotations

import inspect
import re

import pytest

from webkiln import errors

# The catalogue of wire codes (contract §6.1): a client may match on any of them, so none is made up.
CATALOGUE = frozenset(
    """
    THIRD_PARTY_DATA_TERMS_REQUIRED SCRAPE_TIMEOUT MAP_TIMEOUT UNKNOWN_ERROR SCRAPE_ALL_ENGINES_FAILED
    SCRAPE_SSL_ERROR SCRAPE_SITE_ERROR SCRAPE_PROXY_SELECTION_ERROR SCRAPE_PDF_PREFETCH_FAILED
    SCRAPE_DOCUMENT_PREFETCH_FAILED SCRAPE_JOB_CANCELLED SCRAPE_RETRY_LIMIT SCRAPE_ZDR_VIOLATION_ERROR
    SCRAPE_DNS_RESOLUTION_ERROR SCRAPE_PDF_INSUFFICIENT_TIME_ERROR SCRAPE_PDF_ANTIBOT_ERROR
    SCRAPE_PDF_OCR_REQUIRED SCRAPE_DOCUMENT_ANTIBOT_ERROR SCRAPE_UNSUPPORTED_FILE_ERROR
    SCRAPE_ACTION_ERROR SCRAPE_RACED_REDIRECT_ERROR SCRAPE_NO_CACHED_DATA SCRAPE_LOCKDOWN_CACHE_MISS
    SCRAPE_SITEMAP_ERROR SCRAPE_ACTIONS_NOT_SUPPORTED SCRAPE_BRANDING_NOT_SUPPORTED AGENT_INDEX_ONLY
    SCRAPE_AUDIO_UNSUPPORTED_URL SCRAPE_VIDEO_UNSUPPORTED_URL SCRAPE_MEDIA_ACCESS_DENIED
    SCRAPE_X_TWITTER_CONFIGURATION_ERROR PARSE_UNSUPPORTED_OPTIONS UNSUPPORTED_FILE_TYPE CRAWL_DENIAL
    MAP_FAILED BAD_REQUEST_INVALID_JSON BAD_REQUEST unsafe_domain_blocked
    SCRAPE_PROFILE_BUSY SCRAPE_PROFILE_LIMIT SCRAPE_MEMORY_EXCEEDED ROBOTS_BLOCKED
    SEARCH_NOT_CONFIGURED SEARCH_FAILED
    """.split()  # noqa: SIM905 (a table of words reads best without quotes)
)
# The status of a page's error follows from its code; whatever is not named here is 500 (contract §6, §22.12).
STATUS = {
    "SCRAPE_DNS_RESOLUTION_ERROR": 200,
    "SCRAPE_ACTIONS_NOT_SUPPORTED": 400,
    "BAD_REQUEST": 400,
    "SCRAPE_PROFILE_LIMIT": 409,
    "unsafe_domain_blocked": 403,
    "SCRAPE_NO_CACHED_DATA": 404,
    "SCRAPE_LOCKDOWN_CACHE_MISS": 404,
    "MAP_TIMEOUT": 408,
    "SCRAPE_TIMEOUT": 408,
    "SCRAPE_PROFILE_BUSY": 409,
}
# What an HTTP client needs beside the text to know when to come back.
SAYS_WHEN = (errors.RateLimited, errors.Unavailable)


def below(kind: type[errors.WebkilnError]) -> list[type[errors.WebkilnError]]:
    return [found for child in kind.__subclasses__() for found in (child, *below(child))]


ALL = below(errors.WebkilnError)
OF_REQUESTS = below(errors.RequestError)
OF_PAGES = [errors.ScrapeError, *below(errors.ScrapeError)]


def made(kind: type[errors.WebkilnError]) -> errors.WebkilnError:
    given = {"message": "the reason", "retry_after_s": 7}
    wanted = inspect.signature(kind).parameters
    return kind(**{name: value for name, value in given.items() if name in wanted})


def test_every_error_of_the_module_hangs_in_the_one_tree():
    classes = {
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert classes == {errors.WebkilnError, *ALL}


def test_the_tree_at_the_top_of_the_module_is_the_tree():
    lines = re.findall(r"^ *[│ ]*[├└]── (\w+) +(.*)$", errors.__doc__, re.MULTILINE)
    assert [name for name, _ in lines] == [kind.__name__ for kind in ALL]
    for name, rest in lines:
        kind = getattr(errors, name)
        status = re.match(r"(\d{3})\b ?([A-Z_]{4,}|unsafe\w+)?", rest)
        if status is not None:
            assert (int(status[1]), status[2]) == (kind.status, kind.code), name


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_says_its_status_code_and_text(kind):
    error = made(kind)
    assert 200 <= kind.status < 600
    assert error.message
    assert str(error) == error.message
    assert kind.__doc__


@pytest.mark.parametrize("kind", OF_PAGES, ids=lambda kind: kind.__name__)
def test_a_page_that_failed_has_a_code_of_the_contract_and_its_status(kind):
    assert kind.code in CATALOGUE
    assert kind.status == STATUS.get(kind.code, 500)


@pytest.mark.parametrize("kind", OF_REQUESTS, ids=lambda kind: kind.__name__)
def test_a_refused_request_has_a_client_s_status_and_at_most_a_code_of_the_contract(kind):
    assert 400 <= kind.status < 500 or kind in (errors.Unavailable, errors.SearchFailed)
    assert kind.code is None or kind.code in CATALOGUE


def test_only_what_may_pass_by_itself_is_worth_another_try():
    assert {kind for kind in ALL if kind.retry} == {
        errors.BrowserLost,
        errors.ConnectionFailed,
        errors.ProfileBusy,
        errors.RateLimited,
        errors.SearchFailed,
        errors.Unavailable,
    }


@pytest.mark.parametrize("kind", SAYS_WHEN, ids=lambda kind: kind.__name__)
def test_a_request_worth_another_try_is_told_when(kind):
    assert made(kind).retry_after_s == 7


def test_requests_and_pages_are_two_branches():
    assert not set(OF_REQUESTS) & set(OF_PAGES)
    assert {kind.__name__ for kind in errors.WebkilnError.__subclasses__()} == {"RequestError", "ScrapeError"}


def test_a_blocked_address_is_never_named():
    assert errors.BlockedAddress().message == "URL blocked"


def test_a_bad_request_without_issues_has_an_empty_list_of_them():
    assert errors.BadRequest("no").details == []
    assert errors.MalformedJson().details == []
    issues = [{"code": "custom", "path": [], "message": "m"}]
    assert errors.BadRequest("no", issues).details == issues
