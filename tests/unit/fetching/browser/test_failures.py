from types import SimpleNamespace

import pytest
from playwright.async_api import Error

from webkiln import errors
from webkiln.fetching.browser.failures import NotAPage, failure_of, too_much

URL = "https://user:word@site.test:8443/path"


def explained(message, *, refused=None, cut_off=False):
    gate = SimpleNamespace(refused=refused or {}, cut_off=cut_off)
    return failure_of(Error(message), gate, URL)


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("ERR_NAME_NOT_RESOLVED", errors.NameNotResolved),
        ("ERR_CERT_AUTHORITY_INVALID", errors.TlsFailed),
        ("ERR_SSL_PROTOCOL_ERROR", errors.TlsFailed),
        ("ERR_CONNECTION_RESET", errors.ConnectionFailed),
        ("ERR_EMPTY_RESPONSE", errors.ConnectionFailed),
        ("ERR_TUNNEL_CONNECTION_FAILED", errors.ConnectionFailed),
        ("ERR_UNSAFE_PORT", errors.BlockedAddress),
        ("ERR_TOO_MANY_REDIRECTS", errors.SiteFailed),
        ("ERR_INVALID_RESPONSE", errors.SiteFailed),
    ],
)
def test_chromiums_words_are_told_apart(word, error):
    found = explained(f"Page.goto: net::{word} at {URL}\nCall log:\n  - navigating")
    assert type(found) is error
    if error is not errors.BlockedAddress:
        assert word in found.message
        assert "Call log" not in found.message
        assert "Page.goto" not in found.message


@pytest.mark.parametrize("word", ["ERR_TUNNEL_CONNECTION_FAILED", "ERR_EMPTY_RESPONSE"])
def test_the_gate_knows_better_why_a_tunnel_failed(word):
    refused = {"first.test": errors.ConnectionFailed("x"), "site.test": errors.BlockedAddress()}
    assert explained(f"net::{word} at {URL}", refused=refused) is refused["site.test"]


def test_what_the_gate_refused_elsewhere_explains_nothing_else():
    refused = {"other.test": errors.BlockedAddress()}
    assert type(explained(f"net::ERR_CERT_DATE_INVALID at {URL}", refused=refused)) is errors.TlsFailed


@pytest.mark.parametrize("message", ["Page.goto: Download is starting", f"net::ERR_ABORTED at {URL}"])
def test_a_download_is_no_page(message):
    assert isinstance(explained(message), NotAPage)


@pytest.mark.parametrize(
    "message",
    [
        "Page.goto: Page crashed",
        "Target page, context or browser has been closed",
        "Connection closed while reading from the driver",
    ],
)
def test_a_dead_page_is_a_lost_browser(message):
    found = explained(message)
    assert isinstance(found, errors.BrowserLost)
    assert found.retry


def test_what_was_cut_off_is_too_large_whatever_else_is_said():
    assert explained("net::ERR_CONNECTION_RESET", cut_off=True).message == too_much().message


def test_anything_else_is_said_in_its_first_line():
    found = explained("Page.evaluate: something odd\nCall log: much more")
    assert type(found) is errors.NothingScraped
    assert found.message == "The browser could not show the page: Page.evaluate: something odd"
