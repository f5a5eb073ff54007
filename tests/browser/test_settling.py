"""When a page counts as finished: not before its late data, and not never."""

import time

import pytest

LIMIT_MS = 12_000
RESTLESS = ["clock", "restless", "polling", "hanging"]


@pytest.fixture(scope="module")
def shown(site, together):
    """Show them all at once; a page that is held until its time is up has no document."""
    wanted = {
        name: {"url": site.url(f"/{name}"), "waitFor": 1, "timeout": LIMIT_MS} for name in (*RESTLESS, "late")
    }
    return together(**wanted)


def test_data_that_comes_late_and_brings_more_is_waited_for(shown):
    text = shown["late"].body["data"]["markdown"]
    assert "first shelf" in text
    assert "second shelf" in text


@pytest.mark.parametrize("name", RESTLESS)
def test_a_page_that_never_rests_is_read_all_the_same(shown, name):
    assert shown[name].status == 200, shown[name].body
    assert "# Kiln" in shown[name].body["data"]["markdown"]


def test_what_stands_below_a_picture_that_never_comes_is_there(shown):
    assert "Below the picture." in shown["hanging"].body["data"]["markdown"]


def test_a_wait_is_waited(api, site):
    begun = time.monotonic()
    api.page(site.url("/landing"), waitFor=1_500)
    assert time.monotonic() - begun >= 1.5


def test_a_page_that_comes_to_rest_soon_is_not_waited_for_long(api, site):
    begun = time.monotonic()
    api.page(site.url("/landing"), waitFor=1)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("plain", [True, False])
def test_a_page_that_leads_on_soon_is_gone_along_with(together, site, plain):
    """Over Playwright's line and our own."""
    more = {"waitFor": 1} if plain else {"actions": [{"type": "wait", "milliseconds": 1}]}
    answers = together(
        **{name: {"url": site.url(f"/refresh/{name}"), **more} for name in ("soon", "late", "itself")}
    )
    ends = {name: answer.body["data"]["metadata"]["url"] for name, answer in answers.items()}
    assert ends == {
        "soon": site.url("/landing"),
        "late": site.url("/refresh/late"),
        "itself": site.url("/refresh/itself"),
    }
