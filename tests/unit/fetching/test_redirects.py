from __future__ import annotations

from ipaddress import ip_address

import pytest

from unit.fetching.conftest import opened
from unit.fetching.raw_server import fixed, page, sent, site
from webkiln.errors import BlockedAddress, InvalidTarget, SiteFailed
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.page import FetchRequest
from webkiln.fetching.redirects import Chain


def chain(url="http://a.example.com/dir/page", headers=None, languages=(), names=frozenset()):
    return Chain(FetchRequest(url, 10, headers or {}, languages), names)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "http://a.example.com/x"),
        ("x?y", "http://a.example.com/dir/x?y"),
        ("?q", "http://a.example.com/dir/page?q"),
        ("//b.example.com/x", "http://b.example.com/x"),
        ("https://b.example.com", "https://b.example.com/"),
        ("HTTP://B.Example.Com:80/", "http://b.example.com/"),
        ("/ok ok", "http://a.example.com/ok%20ok"),
        ("/ok?€", "http://a.example.com/ok?%E2%82%AC"),
        ("/x?a\\b", "http://a.example.com/x?a\\b"),
        ("//b.example.com/?mail=a@b", "http://b.example.com/?mail=a@b"),
    ],
)
def test_redirects_lead_where_a_browser_would_go(location, target):
    asked = chain()
    asked.follow(location, [])
    assert asked.url == target
    assert asked.hops == 1


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://b.example.com/",
        "about:blank",
        "chrome://version",
        "view-source:http://b.example.com/",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "gopher://127.0.0.1:6379/_x",
        "//",
        "http://[::bad",
        "http://b.example.com:99999/",
        "http://b.example.com:25/",
        "http://user@b.example.com/",
        "//user@b.example.com/",
        "http:\\\\127.0.0.1\\",
        "/\\127.0.0.1/",
        "\\\\127.0.0.1",
        "/ok\x00",
        "/a\tb",
        "http://localhost/",
        "http://intranet/",
    ],
)
def test_targets_we_do_not_fetch_end_the_chain(location):
    with pytest.raises(InvalidTarget, match="redirect"):
        chain().follow(location, [])


def test_pinned_names_are_targets_like_any_other():
    asked = chain(names={"intranet"})
    asked.follow("http://intranet/x", [])
    assert asked.url == "http://intranet/x"


def test_the_first_url_is_read_as_strictly():
    with pytest.raises(InvalidTarget, match="URL"):
        chain("http://user@example.com/")


def test_a_fragment_is_inherited_unless_the_target_has_its_own():
    asked = chain("http://a.example.com/#/route")
    asked.follow("/x", [])
    assert asked.url == "http://a.example.com/x#/route"
    asked.follow("/y#own", [])
    assert asked.url == "http://a.example.com/y#own"


def ask(url, **more):
    return FetchRequest(url, 10, **more)


SECRETS = {
    "Authorization": "Bearer secret",
    "Cookie": "s=secret",
    "X-Api-Key": "secret",
    "Referer": "http://a.example.com/?token=secret",
    "User-Agent": "me",
    "Accept-Language": "de",
}


@pytest.mark.parametrize(
    "location",
    [
        "http://b.example.com/",
        "http://example.com/",
        "http://a.example.com:8080/",
        "https://a.example.com:8443/",
        "https://b.example.com/",
    ],
)
def test_credentials_stay_with_their_origin(location):
    asked = chain(headers=SECRETS)
    asked.follow(location, [])
    assert asked.headers() == {"user-agent": "me", "accept-language": "de"}
    asked.follow("http://a.example.com/", [])
    assert "secret" not in str(asked.headers())


def test_credentials_do_not_go_from_https_to_http():
    asked = chain("https://a.example.com/", headers=SECRETS)
    asked.follow("http://a.example.com/", [])
    assert "secret" not in str(asked.headers())


@pytest.mark.parametrize("location", ["/x", "http://a.example.com:80/y", "https://a.example.com/"])
def test_credentials_stay_on_the_origin_and_on_its_way_to_https(location):
    asked = chain(headers=SECRETS)
    asked.follow(location, [])
    assert asked.headers() == {name.lower(): value for name, value in SECRETS.items()}


def test_cookies_travel_with_the_chain_where_they_belong():
    asked = chain(headers={"Cookie": "own=1"})
    asked.follow("/next", ["set=2; Path=/", "elsewhere=3; Path=/z"])
    assert asked.headers()["cookie"] == "own=1; set=2"
    asked.follow("http://b.example.com/", [])
    assert "cookie" not in asked.headers()
    asked.follow("http://a.example.com/back", [])
    assert asked.headers()["cookie"] == "set=2"


def test_a_renewed_session_is_sent_once():
    asked = chain("http://a.example.com/login", headers={"Cookie": "sid=old; theme=dark", "X-Own": "1"})
    asked.follow("/home", ["sid=new; Path=/"])
    assert asked.headers() == {"cookie": "sid=new; theme=dark", "x-own": "1"}
    asked.follow("/bye", ["sid=; Max-Age=0; Path=/", "theme=; Max-Age=0"])
    assert asked.headers() == {"x-own": "1"}


def test_on_the_way_to_https_the_requests_own_and_the_sites_stay_together():
    asked = chain("http://a.example.com/", headers={"Cookie": "sid=old"})
    asked.follow("https://a.example.com/", ["seen=1; Path=/"])
    assert asked.headers()["cookie"] == "sid=old; seen=1"


def test_languages_become_a_header_unless_the_caller_has_one():
    assert chain(languages=("de-DE", "de", "en")).headers() == {"accept-language": "de-DE,de;q=0.9,en;q=0.8"}
    assert chain(languages=("de",), headers={"ACCEPT-language": "fr"}).headers() == {"accept-language": "fr"}
    assert chain(languages=("de\r\nX: 1", "a" * 50)).headers() == {}
    assert chain(languages=tuple("abcdefghijklmnop")).headers()["accept-language"].endswith("j;q=0.1")
    assert chain().headers() == {}


# Followed for real


async def test_redirects_are_followed_to_their_end(serve, make_fetcher):
    hops = {f"/{n}": page(b"moved", "302 Found", [f"Location: /{n + 1}"]) for n in range(15)}
    server = await serve(site({**hops, "/15": page(b"there")}))
    got = await make_fetcher().fetch(ask(server.url("/0#f")))
    assert got.body == b"there"
    assert got.requested_url == server.url("/0#f")
    assert got.url == server.url("/15#f")


@pytest.mark.parametrize("status", ["301 A", "302 A", "303 A", "307 A", "308 A"])
async def test_every_kind_of_redirect_is_followed(serve, make_fetcher, status):
    server = await serve(site({"/": page(b"", status, ["Location: x"]), "/x": page(b"there")}))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"there"


@pytest.mark.parametrize(
    ("status", "location"), [("300 A", "/x"), ("304 A", "/x"), ("302 A", ""), ("201 A", "/x")]
)
async def test_what_is_no_redirect_is_a_page(serve, make_fetcher, status, location):
    body = b"" if status.startswith("304") else b"here"
    server = await serve(site({"/": page(body, status, [f"Location: {location}"])}))
    got = await make_fetcher().fetch(ask(server.url()))
    assert (got.status, got.body) == (int(status[:3]), body)
    server = await serve(fixed(page(b"here", "302 A")))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"here"


async def test_loops_end_after_the_configured_number(serve, make_fetcher):
    server = await serve(site({"/": page(b"", "302 Found", ["Location: /"])}))
    with pytest.raises(SiteFailed, match=r"ERR_TOO_MANY_REDIRECTS.* 5 "):
        await make_fetcher(max_redirects=5).fetch(ask(server.url()))
    assert len(server.heads) == 6
    with pytest.raises(SiteFailed, match="ERR_TOO_MANY_REDIRECTS"):
        await make_fetcher(max_redirects=0).fetch(ask(server.url()))


@pytest.mark.parametrize(("own_limit", "requests"), [(5, 3), (1, 2)])
async def test_a_request_can_only_lower_the_number_of_redirects(serve, make_fetcher, own_limit, requests):
    server = await serve(site({"/": page(b"", "302 Found", ["Location: /"])}))
    with pytest.raises(SiteFailed, match="ERR_TOO_MANY_REDIRECTS"):
        await make_fetcher(max_redirects=own_limit).fetch(FetchRequest(server.url(), 10, max_redirects=2))
    assert len(server.heads) == requests


async def test_a_redirects_body_is_not_read(serve, make_fetcher):
    async def endless(connection):
        await connection.read_head()
        if connection.path == "/there":
            await connection.send(page(b"there"))
            return
        await connection.send(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await connection.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    server = await serve(endless)
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"there"


async def test_a_redirects_utf_8_is_understood(serve, make_fetcher):
    location = "/caf\u00e9 \u20ac".encode().decode("latin-1")
    moved = f"HTTP/1.1 302 A\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    server = await serve(site({"/": moved, "/caf%C3%A9%20%E2%82%AC": page(b"there")}))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"there"


async def test_redirects_to_refused_places_make_no_contact(serve, make_fetcher):
    canary = await serve(fixed(page(b"secret")), host="127.0.0.2")
    targets = [
        canary.url("/"),
        f"http://2130706434:{canary.port}/",
        f"http://[::ffff:127.0.0.2]:{canary.port}/",
        f"//127.0.0.2:{canary.port}/",
        f"http://evil.example:{canary.port}/",
    ]
    hops = {f"/{n}": page(b"", "302 A", [f"Location: {target}"]) for n, target in enumerate(targets)}
    server = await serve(site(hops))

    async def lookup(_name):
        return [ip_address("127.0.0.2")]

    settings = opened(allow_networks="127.0.0.1/32")
    fetcher = make_fetcher(EgressGuard(settings, lookup), allow_networks="127.0.0.1/32")
    for number in range(len(targets)):
        with pytest.raises(BlockedAddress):
            await fetcher.fetch(ask(server.url(f"/{number}")))
    assert canary.connections == []


async def test_other_schemes_end_the_chain(serve, make_fetcher):
    server = await serve(site({"/": page(b"", "302 A", ["Location: file:///etc/passwd"])}))
    with pytest.raises(InvalidTarget, match="unsupported protocol"):
        await make_fetcher().fetch(ask(server.url()))


async def test_a_cookie_wall_opens_and_is_forgotten(serve, make_fetcher):
    def wall(head):
        if b"cookie: seen=1" in head.lower():
            return page(b"inside")
        return page(b"", "302 A", ["Location: /", "Set-Cookie: seen=1; Path=/"])

    server = await serve(site({"/": wall}))
    fetcher = make_fetcher()
    assert (await fetcher.fetch(ask(server.url()))).body == b"inside"
    asked = len(server.heads)
    assert (await fetcher.fetch(ask(server.url()))).body == b"inside"
    assert len(server.heads) == asked + 2


async def test_a_login_that_reads_the_first_of_two_sessions_ends(serve, make_fetcher):
    def login(head):
        first = sent(head).get("cookie", "").partition(";")[0]
        if first == "sid=fresh":
            return page(b"", "302 A", ["Location: /home"])
        return page(b"", "302 A", ["Location: /login", "Set-Cookie: sid=fresh; Path=/; HttpOnly"])

    server = await serve(site({"/login": login, "/home": page(b"welcome")}))
    got = await make_fetcher().fetch(ask(server.url("/login"), headers={"Cookie": "sid=stale; theme=dark"}))
    assert (got.body, got.url) == (b"welcome", server.url("/home"))
    assert sent(server.heads[-1])["cookie"] == "sid=fresh; theme=dark"


async def test_another_origin_sees_no_credentials(serve, make_fetcher):
    other = await serve(fixed(page(b"other")))
    server = await serve(
        site({"/": page(b"", "302 A", [f"Location: {other.url()}", "Set-Cookie: c=secret"])})
    )
    secrets = {"Authorization": "secret", "Cookie": "s=secret", "X-Api-Key": "secret", "User-Agent": "me"}
    await make_fetcher().fetch(ask(server.url(), headers=secrets))
    # Cookies know no ports (RFC 6265 §8.5), so the one that was set may travel; the caller's may not.
    head = sent(other.heads[0])
    assert head["user-agent"] == "me"
    assert head.get("cookie") == "c=secret"
    assert {"authorization", "x-api-key"}.isdisjoint(head)
    assert b"s=secret" not in other.heads[0]
