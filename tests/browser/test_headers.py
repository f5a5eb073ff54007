"""The caller's headers: for the page's own origin, and nobody else (threat: keys that leak)."""

import pytest

OWN = {
    "X-Kiln-Key": "only-for-home",
    "Authorization": "Bearer only-for-home",
    "Cookie": "session=only-for-home; shelf=top",
}
AGENT = {"User-Agent": "kiln-reader/1.0"}
ALL = {name.lower(): value for name, value in OWN.items()}
HOME, OTHER, ADVERTISER = "kiln.test", "other.test", "static.doubleclick.net"
HOP_HOME = f"/hop%3Fname={HOME}%26to=/headers%253Freturned"


def told(asked):
    """Return what requests were told of the caller's own: nothing, for a stranger."""
    return [{name: value for name, value in one.headers.items() if "only-for-home" in value} for one in asked]


@pytest.fixture(scope="module")
def shown(site, together):
    """Show all pages at once, each under paths of its own; give the answers, and the log by name and path."""

    def script(text):
        return {"type": "executeJavascript", "script": text}

    away = site.url("/headers?moved", OTHER)
    site.log.clear()
    answers = together(
        mixed={"url": site.url("/mixed"), "headers": OWN, "waitFor": 1},
        away={"url": site.url("/hop?to=/headers%3Faway"), "headers": OWN, "waitFor": 1},
        within={"url": site.url(f"/hop?name={HOME}&to=/headers%3Fwithin"), "headers": OWN, "waitFor": 1},
        returned={"url": site.url(f"/hop?to={HOP_HOME}"), "headers": OWN, "waitFor": 1},
        loaded={
            "url": site.url("/landing?loaded"),
            "headers": OWN,
            "actions": [
                script("new Image().src = '/hop?to=/pixel.png%3Floaded'"),
                {"type": "wait", "milliseconds": 300},
            ],
        },
        moved={
            "url": site.url("/landing?moved"),
            "headers": OWN,
            "actions": [script(f"location.href = '{away}'"), {"type": "wait", "selector": "#headers"}],
        },
        agent={"url": site.url("/headers?agent"), "headers": AGENT, "waitFor": 1},
        refused={
            "url": site.url("/headers?refused"),
            "headers": {"Cookie": "__Host-session=1"},
            "waitFor": 1,
        },
    )
    log = list(site.log)
    return answers, lambda path, name=HOME: [one for one in log if (one.path, one.host) == (path, name)]


@pytest.fixture
def seen(shown):
    return shown[1]


def url_of(shown, name):
    answer = shown[0][name]
    assert answer.status == 200, answer.body
    return answer.body["data"]["metadata"]["url"]


@pytest.mark.parametrize("path", ["/mixed", "/pixel.png?own", "/data?own", "/inner/deeper"])
def test_the_pages_own_origin_gets_them(seen, path):
    assert told(seen(path)) == [ALL]


@pytest.mark.parametrize("path", ["/pixel.png?foreign", "/data?foreign", "/inner/foreign"])
def test_another_origin_does_not(seen, path):
    assert told(seen(path, OTHER)) == [{}]


def test_they_do_not_follow_a_redirect_to_another_origin(shown, seen, site):
    assert url_of(shown, "away") == site.url("/headers?away", OTHER)
    assert told(seen("/hop?to=/headers%3Faway")) == [ALL]
    assert told(seen("/headers?away", OTHER)) == [{}]


def test_they_follow_a_redirect_within_the_origin(shown, seen, site):
    assert url_of(shown, "within") == site.url("/headers?within")
    assert told(seen("/headers?within")) == [ALL]


def test_a_redirect_away_and_back_tells_the_stranger_between_nothing(shown, seen, site):
    assert url_of(shown, "returned") == site.url("/headers?returned")
    assert told(seen(f"/hop?name={HOME}&to=/headers%3Freturned", OTHER)) == [{}]
    assert told(seen("/headers?returned")) == [ALL]


def test_a_redirect_of_what_a_page_loads_does_not_take_them_along(shown, seen):
    assert shown[0]["loaded"].status == 200
    assert told(seen("/hop?to=/pixel.png%3Floaded")) == [ALL]
    assert told(seen("/pixel.png?loaded", OTHER)) == [{}]


def test_a_page_that_moves_on_by_itself_does_not_take_them_along(shown, seen, site):
    assert url_of(shown, "moved") == site.url("/headers?moved", OTHER)
    assert told(seen("/headers?moved", OTHER)) == [{}]


def test_a_user_agent_is_the_browsers_own(shown, seen):
    assert shown[0]["agent"].status == 200
    assert seen("/headers?agent")[-1].headers["user-agent"] == AGENT["User-Agent"]


def test_a_cookie_that_a_browser_would_not_send_there_is_told(shown, seen):
    answer = shown[0]["refused"]
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")
    assert "Cookie" in answer.body["error"]
    assert seen("/headers?refused") == []


@pytest.mark.parametrize("plain", [True, False])
def test_a_cookie_that_a_redirect_renews_replaces_the_callers(together, site, plain):
    """Over Playwright's line and our own."""
    more = {} if plain else {"actions": [{"type": "wait", "milliseconds": 1}]}
    renewals = {
        "root": "set=sid%3Dnew;Path%3D/",
        "deep": "set=sid%3Dnew",
        "headers": "set=sid%3Dnew;Path%3D/headers",
        "gone": "set=sid%3D;Max-Age%3D0",
        "twice": "set=sid%3Da;Path%3D/&set=sid%3Db;Path%3D/",
    }
    site.log.clear()
    answers = together(
        **{
            name: {
                "url": site.url(f"/renew/{name}?{query}"),
                "headers": {"Cookie": "sid=old; theme=dark"},
                "waitFor": 1,
                **more,
            }
            for name, query in renewals.items()
        }
    )
    assert {answer.status for answer in answers.values()} == {200}
    sent = {one.path.partition("?")[2]: one.headers["cookie"] for one in site.asked("/headers")}
    seen = {name: "; ".join(sorted(cookies.split("; "))) for name, cookies in sent.items()}
    assert seen == {
        "root": "sid=new; theme=dark",
        "deep": "theme=dark",  # it is for /renew/ now
        "headers": "sid=new; theme=dark",
        "gone": "theme=dark",
        "twice": "sid=b; theme=dark",
    }


def test_advertisers_are_asked_only_where_that_is_wanted(api, site):
    for options, asked in (({}, 0), ({"blockAds": False}, 1)):
        site.log.clear()
        page = api.page(site.url("/advertised"), waitFor=1, **options)
        assert page["metadata"]["statusCode"] == 200
        assert len(site.asked("/pixel.png", ADVERTISER)) == asked
        assert len(site.asked("/pixel.png", OTHER)) == 1
