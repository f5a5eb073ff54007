"""Pages that want to be in charge: each is read, and nothing of it is left behind."""

import json
import re

import pytest

KILN = "# Kiln\n\nIt stands by the river and is fired twice a month."
UNRULY = {
    "dialogs": "past the dialogs",
    "popups": "past the popups",
    "clinging": "clinging on",
    "downloads": "past the downloads",
    "chatty": "past the console",
    "printing": "past the printer",
}


@pytest.fixture(scope="module")
def shown(site, together):
    """Show them side by side; actions come on top for those that cling to theirs."""
    click = [{"type": "click", "selector": "button"}]
    more = {"popups": {"actions": click}, "clinging": {"actions": click}}
    wanted = {
        name: {"url": site.url(f"/{name}"), "waitFor": 300, "timeout": 40_000, **more.get(name, {})}
        for name in UNRULY
    }
    return together(**wanted)


@pytest.mark.parametrize(("name", "words"), UNRULY.items())
def test_an_unruly_page_is_read(shown, name, words):
    assert shown[name].status == 200, shown[name].body
    assert words in shown[name].body["data"]["markdown"]


@pytest.mark.parametrize("name", ["popups", "clinging"])
def test_an_unruly_page_is_read_also_where_nothing_is_done_with_it(api, site, name):
    page = api.page(site.url(f"/{name}"), waitFor=300, timeout=15_000)
    assert UNRULY[name] in page["markdown"]


def test_a_page_that_asks_to_stay_is_left_all_the_same(api, site):
    touch = {"type": "click", "selector": "button"}
    leave = {"type": "executeJavascript", "script": "setTimeout(() => { location.href = '/landing' }, 0); 1"}
    page = api.act(site.url("/clinging"), touch, leave, {"type": "wait", "milliseconds": 500})
    assert "# Landed" in page["markdown"]


@pytest.fixture(scope="module")
def led_astray(site, together):
    names = ("to-loopback", "to-metadata", "to-port-1", "to-file", "to-settings")
    return together(**{name: {"url": site.url(f"/{name}"), "waitFor": 300} for name in names})


@pytest.mark.parametrize("name", ["to-loopback", "to-metadata"])
def test_a_page_that_leads_inside_is_refused(led_astray, name):
    assert (led_astray[name].status, led_astray[name].body) == (
        403,
        {"success": False, "code": "unsafe_domain_blocked", "error": "URL blocked"},
    )


def test_a_page_that_leads_to_a_port_no_page_is_at_is_an_error(led_astray):
    """Chromium refuses it before anybody is asked."""
    answer = led_astray["to-port-1"]
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_SITE_ERROR")


@pytest.mark.parametrize("name", ["to-file", "to-settings"])
def test_a_page_cannot_lead_to_what_is_no_web(led_astray, site, name):
    """Chromium itself stays where it is."""
    assert led_astray[name].status == 200, led_astray[name].body
    page = led_astray[name].body["data"]
    assert page["metadata"]["url"] == site.url(f"/{name}")
    assert page["markdown"].strip() == KILN


def test_frames_of_what_is_inside_stay_empty(api, site):
    page = api.page(site.url("/frames-inside"), formats=["markdown", "rawHtml"], waitFor=300)
    assert page["markdown"].strip() == KILN
    assert "root:" not in page["rawHtml"]


def test_a_script_action_cannot_lead_inside_either(api, site):
    move = {"type": "executeJavascript", "script": "location.href = 'http://169.254.169.254/'"}
    answer = api.scrape(site.url("/landing"), actions=[move, {"type": "wait", "milliseconds": 500}])
    assert (answer.status, answer.body["code"]) == (403, "unsafe_domain_blocked")


def test_a_redirect_inside_is_refused(api, site):
    answer = api.scrape(site.url("/hop?name=127.0.0.1&to=/"), waitFor=1)
    assert (answer.status, answer.body["code"]) == (403, "unsafe_domain_blocked")


def test_a_page_finds_nothing_of_what_another_left(api, site):
    """Under the bare address, which is a loopback one: only there workers may be registered."""
    url = f"http://{site.address}:{site.port}/state"
    nothing = {"cookie": "", "stored": "", "databases": 0, "caches": 0, "workers": 0}
    for _ in range(2):
        page = api.page(url, formats=["rawHtml"], waitFor=300)
        found = re.search(r'<pre id="found">(.*?)</pre>', page["rawHtml"])
        assert found is not None
        assert json.loads(found[1]) == nothing


def test_a_cookie_lives_as_long_as_its_page(api, site):
    again = {"type": "executeJavascript", "script": "location.href = '/headers'"}
    here = {"type": "wait", "selector": "#headers"}
    within = api.act(site.url("/set-cookie?value=glazed"), again, here)
    assert "glazed" in within["markdown"]
    later = api.page(site.url("/headers"), waitFor=1)
    assert "glazed" not in later["markdown"]


def test_a_page_that_has_no_content_is_an_error(api, site):
    answer = api.scrape(site.url("/empty"), waitFor=1)
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_ALL_ENGINES_FAILED")
    assert "status 204" in answer.body["error"]


def test_a_file_is_got_without_a_browser_where_nothing_is_to_be_done_with_it(api, site):
    answer = api.scrape(site.url("/file.bin"), waitFor=1)
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_UNSUPPORTED_FILE_ERROR")
