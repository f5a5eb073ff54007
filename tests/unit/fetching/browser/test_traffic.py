"""The caller's headers on their way through a browser, with a browser that only keeps what it is told."""

import asyncio

import pytest
from playwright.async_api import Error

from webkiln.errors import InvalidTarget
from webkiln.fetching.browser.traffic import ask_in, send_headers, split_headers
from webkiln.fetching.page import BrowserWork, FetchRequest

URL = "https://site.test/page"


class Session:
    def __init__(self):
        self.sent, self.listeners = [], {}

    async def send(self, method, given=None):
        self.sent.append((method, given))
        return {}

    def on(self, event, listener):
        self.listeners[event] = listener


class Context:
    def __init__(self):
        self.cookies = []

    async def add_cookies(self, cookies):
        self.cookies += cookies


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def context():
    return Context()


async def pause(session, url, **headers):
    """Let the browser hold a request; return the headers it is told to go on with, None for its own."""
    session.sent.clear()
    session.listeners["Fetch.requestPaused"]({"requestId": "r1", "request": {"url": url, "headers": headers}})
    await asyncio.sleep(0)
    ((method, given),) = session.sent
    assert (method, given["requestId"]) == ("Fetch.continueRequest", "r1")
    return {one["name"]: one["value"] for one in given["headers"]} if "headers" in given else None


def test_what_describes_a_browser_is_told_apart():
    own, others = split_headers({"User-Agent": "a", "ACCEPT-language": "b", "Cookie": "c", "X-Key": "d"})
    assert own == {"user-agent": "a", "accept-language": "b", "cookie": "c"}
    assert others == {"X-Key": "d"}


async def test_the_own_origin_gets_them_beside_the_browsers_own(context, session):
    await send_headers(context, session, {"X-Key": "k"}, URL)
    assert session.sent == [("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})]
    assert await pause(session, "https://site.test/other?x", Accept="*/*") == {"Accept": "*/*", "X-Key": "k"}


async def test_they_replace_the_browsers_of_the_same_name(context, session):
    await send_headers(context, session, {"accept": "text/plain"}, URL)
    assert await pause(session, URL, Accept="*/*") == {"accept": "text/plain"}


@pytest.mark.parametrize(
    "url",
    [
        "https://other.test/",
        "http://site.test/page",
        "https://site.test:8443/",
        "https://sub.site.test/",
        "https://site.test.other.test/",
        "https://other.test/?https://site.test/",
        "data:text/html,site.test",
    ],
)
async def test_another_origin_gets_none_and_loses_those_of_a_redirect(context, session, url):
    await send_headers(context, session, {"X-Key": "k"}, URL)
    assert await pause(session, url, Accept="*/*") is None
    assert await pause(session, url, Accept="*/*", **{"x-key": "k"}) == {"Accept": "*/*"}


async def test_a_header_of_that_name_goes_nowhere_else_whoever_sets_it(context, session):
    """After a redirect nobody can tell the page's own from the caller's."""
    await send_headers(context, session, {"Authorization": "Bearer callers"}, URL)
    assert await pause(session, "https://api.test/", authorization="Bearer pages", Accept="*/*") == {
        "Accept": "*/*"
    }


async def test_without_headers_of_ones_own_no_request_is_held(context, session):
    await send_headers(context, session, {"User-Agent": "a", "Accept-Language": "b"}, URL)
    assert (session.sent, session.listeners) == ([], {})


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("session=abc; shelf=top", {"session": "abc", "shelf": "top"}),
        ('quoted="a b"', {"quoted": '"a b"'}),
        ("odd[name]=1; =none; bare", {"odd[name]": "1", "bare": ""}),
        ("path=/deep; domain=elsewhere", {"path": "/deep", "domain": "elsewhere"}),
        ("first=1; path=/deep; second=2", {"first": "1", "path": "/deep", "second": "2"}),
        ("equals=a=b==; empty=", {"equals": "a=b==", "empty": ""}),
        ("same=1; same=2", {"same": "2"}),
    ],
)
async def test_cookies_are_the_pages_own_sites(context, session, header, cookies):
    await send_headers(context, session, {"Cookie": header}, URL)
    assert {one["url"] for one in context.cookies} == {"https://site.test/"}
    assert {one["name"]: one["value"] for one in context.cookies} == cookies


async def answered(session, url, *lines):
    """Let the browser hold an answer that sets cookies; return the names of those that are dropped."""
    session.sent.clear()
    session.listeners["Fetch.requestPaused"](
        {
            "requestId": "r1",
            "networkId": "n1",
            "request": {"url": url, "headers": {}},
            "responseStatusCode": 302,
        }
    )
    await asyncio.sleep(0)
    session.listeners["Network.responseReceivedExtraInfo"](
        {"requestId": "n1", "headers": {"Content-Type": "text/html", "set-cookie": "\n".join(lines)}}
    )
    for _ in range(5):
        await asyncio.sleep(0)
    *dropped, last = session.sent
    assert last == ("Fetch.continueRequest", {"requestId": "r1"})
    assert {method for method, _ in dropped} <= {"Network.deleteCookies"}
    assert {(one["domain"], one["path"]) for _, one in dropped} <= {("site.test", "/")}
    return [one["name"] for _, one in dropped]


async def test_a_cookie_that_the_site_sets_replaces_the_callers_whatever_its_path(context, session):
    await send_headers(context, session, {"Cookie": "sid=old; theme=dark; lang=de; shelf=1"}, URL)
    assert await answered(session, URL, "sid=new; Path=/app") == ["sid"]
    assert await answered(session, URL, "sid=newer; Path=/app") == []
    assert await answered(session, URL, "other=1") == []
    assert await answered(session, URL, "theme=x; Path=/") == []  # the browser replaces it itself
    assert await answered(session, "http://site.test:81/a/b", "shelf=2\nlang=; Max-Age=0") == [
        "shelf",
        "lang",
    ]


@pytest.mark.parametrize(
    "url", ["https://other.test/", "https://sub.site.test/", "https://site.test.other.test/"]
)
async def test_another_host_replaces_none_of_the_callers_cookies(context, session, url):
    await send_headers(context, session, {"Cookie": "sid=old"}, URL)
    assert await answered(session, url, "sid=new; Path=/x") == []


async def test_only_answers_that_may_set_cookies_are_held(context, session):
    await send_headers(context, session, {"Cookie": "a=1", "X-Key": "k"}, "http://[2001:db8::1]:81/page")
    assert session.sent[0] == ("Network.enable", None)
    _, asked = session.sent[1]
    held = [one for one in asked["patterns"] if one.get("requestStage") == "Response"]
    assert {one["urlPattern"] for one in held} == {"*://[2001:db8::1]/*", "*://[2001:db8::1]:*/*"}
    assert {one["resourceType"] for one in held} == {"Document", "XHR", "Fetch"}
    assert [one for one in asked["patterns"] if one not in held] == [{"urlPattern": "*"}]
    assert await pause(session, "http://[2001:db8::1]:81/x") == {"X-Key": "k"}


async def test_a_cookie_no_browser_would_send_is_named_as_the_trouble(session):
    class Strict:
        async def add_cookies(self, _):
            raise Error(self.message)

    context = Strict()
    context.message = "BrowserContext.add_cookies: Protocol error (Storage.setCookies): Invalid cookie fields"
    with pytest.raises(InvalidTarget, match="Cookie"):
        await send_headers(context, session, {"Cookie": "__Host-a=1"}, URL)
    context.message = "Target page, context or browser has been closed"
    with pytest.raises(Error, match="closed"):
        await send_headers(context, session, {"Cookie": "a=1"}, URL)


def request(headers=None, languages=(), **work):
    return FetchRequest(
        URL, timeout_s=5, headers=headers or {}, languages=languages, work=BrowserWork(**work)
    )


@pytest.mark.parametrize(
    ("asked", "languages"),
    [
        (request(), "en-US,en"),
        (request(country="jp"), "ja-JP,ja"),
        (request(country="jp", languages=("de-AT", "fr")), "de-AT,de,fr"),
        (request({"accept-language": "sv;q=0.8, *"}, country="jp"), "sv,*"),
        (request({"accept-language": ";"}, country="jp"), "ja-JP,ja"),
    ],
)
async def test_pages_are_asked_for_in_every_language(session, asked, languages):
    await ask_in(session, asked, "agent/1")
    ((method, given),) = session.sent
    assert method == "Emulation.setUserAgentOverride"
    assert (given["userAgent"], given["acceptLanguage"]) == ("agent/1", languages)


@pytest.mark.parametrize(("mobile", "platform"), [(False, "Linux"), (True, "Android")])
async def test_a_device_says_which_it_is_unless_the_caller_does(session, mobile, platform):
    await ask_in(session, request(mobile=mobile), "agent/1")
    await ask_in(session, request({"User-Agent": "own"}, mobile=mobile), "own")
    ours, callers = (given for _, given in session.sent)
    assert ours["userAgentMetadata"]["platform"] == platform
    assert ours["userAgentMetadata"]["mobile"] is mobile
    assert "userAgentMetadata" not in callers
