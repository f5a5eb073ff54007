"""Which pages are shown in a browser although nobody asked for it."""

import pytest

from flows.client import until

PAGES = {
    "shell": "/shell",
    "demand": "/demand",
    "refresh": "/refresh",
    "moved": "/moved",
    "moved_away": "/moved-away",
    "lost_shell": "/lost-shell",
}


@pytest.fixture(scope="module")
def shown(site, together):
    answers = together(**{name: {"url": site.url(path)} for name, path in PAGES.items()})
    assert {answer.status for answer in answers.values()} == {200}
    return {name: answer.body["data"] for name, answer in answers.items()}


def test_a_shell_that_scripts_fill_is_shown_with_what_came_late(shown):
    assert "the glaze has matured" in shown["shell"]["markdown"]
    assert "# Firing log" in shown["shell"]["markdown"]
    assert "warning" not in shown["shell"]


def test_a_page_that_asks_for_scripts_gets_them(shown):
    assert "Cone six went down." in shown["demand"]["markdown"]
    assert "enable JavaScript" not in shown["demand"]["markdown"]


@pytest.mark.parametrize("name", ["refresh", "moved"])
def test_a_page_that_leads_on_ends_where_it_leads(shown, site, name):
    about = shown[name]["metadata"]
    assert "# Landed" in shown[name]["markdown"]
    assert (about["sourceURL"], about["url"]) == (site.url(PAGES[name]), site.url("/landing"))
    assert about["statusCode"] == 200


def test_the_status_is_that_of_the_page_where_it_ended(shown, site):
    about = shown["moved_away"]["metadata"]
    assert (about["url"], about["statusCode"]) == (site.url("/gone"), 404)


def test_a_shell_that_was_not_found_stays_not_found(shown):
    assert "the glaze has matured" in shown["lost_shell"]["markdown"]
    assert shown["lost_shell"]["metadata"]["statusCode"] == 404


def test_a_page_that_has_its_text_is_not_shown_in_a_browser(api, site):
    assert "# Article" in api.page(site.url("/article"))["markdown"]
    assert site.paths() == {"/article"}


def test_who_wants_it_fast_gets_what_http_brings(api, site):
    answer = api.scrape(site.url("/shell"), fastMode=True)
    assert answer.body["code"] == "SCRAPE_ALL_ENGINES_FAILED"
    assert "fetched over HTTP" in answer.body["error"]
    assert site.paths() == {"/shell"}


def test_a_page_that_was_shown_is_read_from_the_cache(api, site):
    ask = {"url": site.url("/landing?kept"), "waitFor": 1, "maxAge": 3_600_000}
    first = api.page(**ask)
    assert first["metadata"]["cacheState"] == "miss"
    again = until(lambda: api.page(**ask), lambda page: page["metadata"]["cacheState"] == "hit")
    assert again["markdown"] == first["markdown"]
    site.log.clear()
    api.page(**ask)
    assert not site.paths()
