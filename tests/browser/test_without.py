"""A server without a browser says so, before it does anything or beside what it could do."""

import pytest

MISSING = "needs a browser, and this server has none."


def test_actions_are_refused(plain_api, site):
    answer = plain_api.scrape(site.url("/landing"), actions=[{"type": "wait", "milliseconds": 1}])
    assert (answer.status, answer.body["code"]) == (400, "SCRAPE_ACTIONS_NOT_SUPPORTED")
    assert answer.body["error"] == "Actions need a browser, and this server has none."


@pytest.mark.parametrize(
    ("options", "path", "what"),
    [
        ({"formats": ["markdown", "screenshot"]}, ["formats", 1], "The format 'screenshot'"),
        ({"formats": [{"type": "screenshot", "fullPage": True}]}, ["formats", 0], "The format 'screenshot'"),
        ({"formats": ["branding"]}, ["formats", 0], "The format 'branding'"),
        ({"waitFor": 100}, ["waitFor"], "The option 'waitFor'"),
        ({"mobile": True}, ["mobile"], "The option 'mobile'"),
    ],
)
def test_what_only_a_browser_can_do_is_named(plain_api, site, options, path, what):
    answer = plain_api.scrape(site.url("/landing"), **options)
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")
    assert answer.body["error"].startswith(f"{what} {MISSING}")
    (issue,) = answer.body["details"]
    assert (issue["path"], issue["message"]) == (path, f"{what} {MISSING}")


def test_a_batch_is_refused_as_a_whole(plain_api, site):
    answer = plain_api.post("/v2/batch/scrape", {"urls": [site.url("/landing")], "formats": ["screenshot"]})
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")


def test_a_page_that_asks_for_scripts_comes_as_it_is_with_a_warning(plain_api, site):
    page = plain_api.page(site.url("/demand"))
    assert "shelf after shelf" in page["markdown"]
    assert "the page asked for JavaScript, and this server has no browser to show it." in page["warning"]


def test_a_shell_without_any_text_is_an_error_that_says_the_same(plain_api, site):
    answer = plain_api.scrape(site.url("/shell"))
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_ALL_ENGINES_FAILED")
    assert (
        "the page had scripts and no text, and this server has no browser to show it." in answer.body["error"]
    )


def test_a_page_that_has_its_text_comes_without_a_warning(plain_api, site):
    assert "warning" not in plain_api.page(site.url("/article"))
