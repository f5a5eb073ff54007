"""When the second rung is climbed, and what is said of it."""

import re
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from webkiln import errors
from webkiln.contract.actions import ScrapeAction
from webkiln.contract.formats import ScreenshotFormat
from webkiln.fetching import ladder as place
from webkiln.fetching.browser.failures import NotAPage
from webkiln.fetching.ladder import Ladder
from webkiln.fetching.page import BrowserWork, FetchRequest, Page, Rendered
from webkiln.telemetry.redaction import WITHHELD, withholding

URL = "https://site.test/"
SHELL = b"<html><body><div id=root></div><script></script></body></html>"
WHOLE = b"<html><body><p>" + b"Clay on the wheel. " * 40 + b"</p></body></html>"
FOUND = r"over HTTP \(\d+\.\d s, status 200\) the page had scripts and no text"


def page(body=WHOLE, **more):
    return Page(
        requested_url=URL,
        url=URL,
        status=200,
        headers=(("content-type", "text/html"),),
        content_encoding="",
        wire_body=body,
        body=body,
        fetched_at=0.0,
        **more,
    )


class Rung:
    """Answers with what the test puts there, in turn; the last answer stays."""

    def __init__(self, *answers):
        self.answers, self.asked, self.closed = list(answers), [], False

    async def fetch(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self):
        self.closed = True


SHOWN = page(rendered=Rendered())


def request(render="if_needed", **more):
    return FetchRequest(URL, **{"timeout_s": 30.0, "render": render, **more})


async def test_a_page_that_is_enough_stays_on_the_first_rung():
    http, browser = Rung(page()), Rung(SHOWN)
    assert await Ladder(http, browser).fetch(request()) is http.answers[0]
    assert browser.asked == []


async def test_a_shell_is_shown_with_the_time_that_is_left():
    http, browser = Rung(page(SHELL)), Rung(SHOWN)
    assert await Ladder(http, browser).fetch(request()) is SHOWN
    (asked,) = browser.asked
    assert 29 < asked.timeout_s < 30
    assert replace(asked, timeout_s=30.0) == request()


async def test_who_wants_no_browser_gets_the_shell():
    http, browser = Rung(page(SHELL)), Rung(SHOWN)
    found = await Ladder(http, browser).fetch(request("never"))
    assert (found, browser.asked) == (page(SHELL), [])


async def test_who_wants_a_browser_gets_it_at_once():
    http, browser = Rung(page()), Rung(SHOWN)
    assert await Ladder(http, browser).fetch(request("always")) is SHOWN
    assert http.asked == []


async def test_without_a_browser_the_shell_says_what_is_missing():
    found = await Ladder(Rung(page(SHELL, notes=("before",))), None).fetch(request())
    assert found.body == SHELL
    assert found.notes[0] == "before"
    assert re.fullmatch(rf"{FOUND}, and this server has no browser to show it", found.notes[1])


async def test_without_a_browser_what_needs_one_is_an_error():
    with pytest.raises(errors.NothingScraped, match="this server has none"):
        await Ladder(Rung(page()), None).fetch(request("always"))


async def test_with_no_time_left_the_shell_says_so(monkeypatch):
    monkeypatch.setattr(place, "_LEAST_S", 60.0)
    browser = Rung(SHOWN)
    found = await Ladder(Rung(page(SHELL)), browser).fetch(request())
    assert browser.asked == []
    assert re.fullmatch(rf"{FOUND}, and no time was left for a browser", found.notes[0])


async def test_a_browser_that_brings_nothing_leaves_the_shell_with_its_reason():
    browser = Rung(errors.SiteFailed("ERR_FAILED: the page broke off"))
    found = await Ladder(Rung(page(SHELL)), browser).fetch(request())
    assert found.body == SHELL
    assert re.fullmatch(rf"{FOUND}, and in a browser: ERR_FAILED: the page broke off", found.notes[0])


async def test_what_http_cannot_get_is_not_tried_in_a_browser():
    browser = Rung(SHOWN)
    with pytest.raises(errors.NameNotResolved):
        await Ladder(Rung(errors.NameNotResolved("none")), browser).fetch(request())
    assert browser.asked == []


async def test_a_file_is_got_over_http_although_a_browser_was_asked_for():
    file = page(b"%PDF-1.4")
    http = Rung(file)
    assert await Ladder(http, Rung(NotAPage("application/pdf"))).fetch(request("always")) is file
    assert 29 < http.asked[0].timeout_s <= 30


async def test_no_actions_can_be_done_on_a_file():
    work = BrowserWork(actions=(ScrapeAction(type="scrape"),))
    http = Rung(page())
    with pytest.raises(errors.ActionsNotSupported, match="gives a file"):
        await Ladder(http, Rung(NotAPage(""))).fetch(request("always", work=work))
    assert http.asked == []


async def test_a_file_found_too_late_is_a_timeout():
    with pytest.raises(errors.ScrapeTimeout):
        await Ladder(Rung(page()), Rung(NotAPage(""))).fetch(request("always", timeout_s=0.0))


async def test_a_page_no_browser_survives_is_read_over_http_with_a_note():
    lost = errors.BrowserLost("The page's process ended before the page was read.")
    found = await Ladder(Rung(page()), Rung(lost)).fetch(request("always"))
    assert found.body == WHOLE
    assert found.notes == (f"{lost.message} It was read over HTTP instead",)


@pytest.mark.parametrize(
    "work", [BrowserWork(brand=True), BrowserWork(screenshot=ScreenshotFormat(type="screenshot"), text=False)]
)
async def test_who_wants_more_than_its_text_hears_of_the_loss(work):
    lost = errors.BrowserLost("gone")
    http = Rung(page())
    with pytest.raises(errors.BrowserLost):
        await Ladder(http, Rung(lost)).fetch(request("always", work=work))
    assert http.asked == []


async def test_who_wants_a_picture_too_gets_the_text_and_hears_that_there_is_none():
    lost = errors.BrowserLost("The page's process ended before the page was read.")
    work = BrowserWork(screenshot=ScreenshotFormat(type="screenshot"))
    found = await Ladder(Rung(page()), Rung(lost)).fetch(request("always", work=work))
    assert found.body == WHOLE
    assert "there is no picture of it" in found.notes[0]


async def test_closing_closes_both():
    http, browser = Rung(page()), Rung(SHOWN)
    both, alone = Ladder(http, browser), Ladder(Rung(page()), None)
    assert (both.has_browser, alone.has_browser) == (True, False)
    await both.close()
    await alone.close()
    assert (http.closed, browser.closed) == (True, True)


async def test_the_log_names_a_page_without_what_its_url_carries_besides():
    carrying = replace(SHOWN, url="https://site.test/pot?ticket=9a1#part")
    lost = errors.BrowserLost("The page's process ended before the page was read.")
    shell = replace(page(SHELL), url=carrying.url)
    with capture_logs() as lines:
        await Ladder(Rung(shell), Rung(carrying)).fetch(request())
        await Ladder(Rung(shell), Rung(errors.SiteFailed("ERR_FAILED"))).fetch(request())
        await Ladder(Rung(shell), Rung(lost)).fetch(request("always"))
        with withholding():
            await Ladder(Rung(shell), Rung(carrying)).fetch(request())
    assert [line["url"] for line in lines] == [*["https://site.test/pot"] * 3, WITHHELD]
