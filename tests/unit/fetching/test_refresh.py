"""Pages that lead on by themselves, as browsers read them."""

from __future__ import annotations

import time

import pytest

from unit.fetching.conftest import opened
from unit.fetching.raw_server import fixed, page, sent, site
from webkiln.errors import BlockedAddress, SiteFailed
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.page import FetchRequest, Page
from webkiln.fetching.refresh import Refresh, declared, refresh_of

TEXT = "<p>" + "The kiln has been fired and is left to cool. " * 40 + "</p>"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0;url=/x", Refresh(0, "/x")),
        ("0; URL=/x", Refresh(0, "/x")),
        ("  3 ; Url = /x  ", Refresh(3, "/x")),
        ("3,url=/x", Refresh(3, "/x")),
        ("3 url=/x", Refresh(3, "/x")),
        ("3\n\turl\t=\r/x", Refresh(3, "/x")),
        ("3;/x", Refresh(3, "/x")),
        ("3;x", Refresh(3, "x")),
        ("3; 'x' y", Refresh(3, "x")),
        ('3; url="/x";more', Refresh(3, "/x")),
        ("3; url='/x", Refresh(3, "/x")),
        ("3; url='/x\"", Refresh(3, '/x"')),
        ("3; url=/x'y", Refresh(3, "/x'y")),
        ('3; url=""', Refresh(3, "")),
        ("3; urls/x", Refresh(3, "urls/x")),
        ("3; u", Refresh(3, "u")),
        ("3; url", Refresh(3, "url")),
        ("3; url=url=/x", Refresh(3, "url=/x")),
        ("3; ;/x", Refresh(3, ";/x")),
        ("0.9;url=/x", Refresh(0, "/x")),
        (".5;url=/x", Refresh(0, "/x")),
        ("5.5.5;url=/x", Refresh(5, "/x")),
        ("007;url=/x", Refresh(7, "/x")),
        ("3; url=/a\n\tb ", Refresh(3, "/ab")),
        ("3; url=https://b.example/?a=1;b=2,c", Refresh(3, "https://b.example/?a=1;b=2,c")),
        ("300", Refresh(300, "")),
        ("5;", Refresh(5, "")),
        ("5 ", Refresh(5, "")),
        ("9" * 5_000 + ";url=/x", Refresh(999_999_999, "/x")),
        ("", None),
        (" ", None),
        (";url=/x", None),
        ("url=/x", None),
        ("-1;url=/x", None),
        ("+1;url=/x", None),
        ("3x;url=/x", None),
        ("3:url=/x", None),
        ("\u0663;url=/x", None),
        ("\xa03;url=/x", None),
    ],
)
def test_a_declaration_is_read_as_browsers_read_it(text, read):
    assert declared(text) == read


def found(body, *headers):
    raw = body if isinstance(body, bytes) else body.encode()
    headers = headers or (("content-type", "text/html"),)
    return refresh_of(Page("http://a.example/", "http://a.example/", 200, headers, "", raw, raw, 0.0))


X = Refresh(0, "/x")
PLAIN = "<meta http-equiv=refresh content='0;url=/x'>"


@pytest.mark.parametrize(
    "tag",
    [
        '<meta http-equiv="refresh" content="0;url=/x">',
        "<meta http-equiv='refresh' content='0;url=/x'>",
        "<meta http-equiv=refresh content=0;url=/x>",
        "<META HTTP-EQUIV=Refresh CONTENT='0; URL=/x'>",
        "<meta content='0;url=/x' http-equiv=refresh>",
        "<meta/http-equiv='refresh'/content='0;url=/x'/>",
        "<meta\n http-equiv = refresh\n\tcontent = '0;url=/x'\n/>",
        "<meta name=a name=b http-equiv=refresh content='0;url=/x' content='9;url=/y'>",
        "<meta data-x='>' http-equiv=refresh content='0;url=/x'>",
        "<meta http-equiv='ref&#114;esh' content='0;url=/x'>".replace("f&#114;", "&#102;r"),
        "<meta http-equiv=&#114;efresh content='0;url=&#x2f;x'>",
        "<meta http-equiv=refresh content='0;url=&sol;x'>",
        "<meta http-equiv=refresh><meta http-equiv=refresh content='soon'>" + PLAIN,
        "<meta http-equiv=refresh content='0;url=/x'",  # with what follows up to the next bracket
        "<metadata><meta http-equiv=refresh content='0;url=/x'>",
        "<p title='<!--'><meta http-equiv=refresh content='0;url=/x'>",
        "<a b=c'><meta http-equiv=refresh content='0;url=/x'><a b='>",
        "< meta><meta http-equiv=refresh content='0;url=/x'>",
    ],
)
def test_every_spelling_of_the_tag_counts(tag):
    assert found(f"<!doctype html><html><head><title>Moved</title>{tag}{TEXT}") == X


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<!--", "-->"),
        ("<!-- > --", "-->"),
        ("<!--a--b>", "-->"),
        ('<script>var a = "', '"</script>'),
        ("<script src='>'>", "</script>"),
        ("<SCRIPT>", "</script >"),
        ("<style>", "</style>"),
        ("<noscript>", "</noscript>"),
        ("<noscript><p>Without scripts</p>", "</noscript>"),
        ("<title>", "</title>"),
        ("<textarea>", "</textarea>"),
        ("<xmp>", "</xmp>"),
        ("<iframe>", "</iframe>"),
        ("<template>", "</template>"),
        ("<template><template></template>", "</template>"),
        ("<plaintext>", ""),
        ("<script>", "</scripted>"),
        ('<p title="', '">'),
        ("<p title = '", "'>"),
        ("<?php ", "?>"),
    ],
)
def test_text_that_looks_like_the_tag_does_not(before, after):
    tag = "<meta http-equiv=refresh content=0;url=/hidden>"
    if before == "<?php ":
        tag = tag.replace("<", "").replace(">", "")
    assert found(f"<head>{before}{tag}{after}{TEXT}") is None
    if after not in ("", "</scripted>"):
        assert found(f"<head>{before}{tag}{after}<meta http-equiv=refresh content='0;url=/x'>{TEXT}") == X


@pytest.mark.parametrize(
    "comment", ["<!-->", "<!--->", "<!---->", "<!-- --!>", "<!x>", "<!>", "</ x>", "</>"]
)
def test_a_comment_ends_where_it_does_for_browsers(comment):
    assert found(f"{comment}<meta http-equiv=refresh content='0;url=/x'>") == X


def test_references_in_a_target_are_resolved_where_they_are_references():
    tag = "<meta http-equiv=refresh content='0;url=/x?a=1&amp;b=2&copy=3&lang;&nosuch;&copy'>"
    assert found(tag) == Refresh(0, "/x?a=1&b=2&copy=3\u27e8&nosuch;\xa9")


@pytest.mark.parametrize(
    "tag",
    [
        "<meta http-equiv=' refresh' content='0;url=/x'>",
        "<meta http-equiv=refreshes content='0;url=/x'>",
        "<meta name=refresh content='0;url=/x'>",
        "<meta property=http-equiv value=refresh content='0;url=/x'>",
        "<meta http-equiv=content-type http-equiv=refresh content='0;url=/x'>",
        "<meta http-equiv=refresh value='0;url=/x'>",
        "<div http-equiv=refresh content='0;url=/x'>",
        "</meta http-equiv=refresh content='0;url=/x'>",
        "<meta http-equiv=refresh content='0;url=/x>",
        "<meta " + "a " * 1_000 + "http-equiv=refresh content='0;url=/x'>",
    ],
)
def test_what_declares_nothing_to_browsers_does_not_to_us(tag):
    assert found(f"<head>{tag}{TEXT}") is None


def test_the_first_that_declares_anything_counts_and_a_header_before_all():
    tags = "<meta http-equiv=refresh content=300><meta http-equiv=refresh content='0;url=/x'>"
    assert found(tags) == Refresh(300, "")
    kind = ("content-type", "text/html")
    assert found(tags, kind, ("refresh", "2; url=/h")) == Refresh(2, "/h")
    assert found(tags, kind, ("refresh", "soon")) == Refresh(300, "")
    assert found(b"{}", ("content-type", "application/json"), ("refresh", "0;url=/h")) == Refresh(0, "/h")
    cafe = "0;url=/caf\u00e9".encode().decode("latin-1")
    assert found(b"", kind, ("refresh", cafe)) == Refresh(0, "/caf\u00e9")


def test_only_html_has_tags():
    tag = "<meta http-equiv=refresh content='0;url=/x'>"
    assert found(tag, ("content-type", "Text/HTML; charset=x")) == X
    assert found(tag, ("x-other", "1")) == X
    assert found(tag, ("content-type", "application/xhtml+xml")) == X
    for kind in ("text/plain", "application/json", "image/svg+xml"):
        assert found(tag, ("content-type", kind)) is None


def test_the_base_that_stands_before_it_belongs_to_it():
    tag = "<meta http-equiv=refresh content='0;url=x'>"
    assert found(f"<base target=_top><base href=' /a/ '><base href=/b/>{tag}<base href=/c/>").base == "/a/"
    assert found(f"{tag}<base href=/c/>").base == ""


def test_only_the_beginning_is_looked_at():
    tag = "<meta http-equiv=refresh content='0;url=/x'>"
    assert found("x" * 20_000 + tag) == X
    assert found("x" * 40_000 + tag) is None


@pytest.mark.parametrize(
    "token",
    [
        "<", "<a ", "<meta ", "<meta a", "<meta a='", "<meta a=1 >", "<meta a = ", "<base href=x>",
        "<!--", "<!-- --!", "<title>", "</title", "<template>", "<script></scripts>", "<p =", "<p a= '",
        "=", "&#", " ", "/", "<meta http-equiv=refresh>", "<meta http-equiv=refresh content=&#1;&#x1>",
        "<meta content=0;url=",
    ],
)  # fmt: skip
def test_no_beginning_of_a_page_takes_long(token):
    start = "<meta data-http-equiv=refresh>"
    begun = time.process_time()
    found(start + token * (200_000 // len(token)))
    assert time.process_time() - begun < 0.5


# Followed for real


def ask(url, **more):
    return FetchRequest(url, 10, leads_on=True, **more)


def leading(content, body=TEXT, headers=()):
    return page(
        f'<head><meta http-equiv="refresh" content="{content}"></head>{body}'.encode(), headers=headers
    )


async def test_a_page_that_leads_on_is_a_redirect_however_long(serve, make_fetcher):
    server = await serve(
        site(
            {
                "/": leading("0; url=two"),
                "/two": leading("5;URL='/dir/three'", "One moment."),
                "/dir/three": page(TEXT.encode(), headers=["Refresh: 1; url=../four?a=b"]),
                "/four": page(b"there"),
            }
        )
    )
    got = await make_fetcher().fetch(ask(server.url("/#part")))
    assert (got.requested_url, got.url, got.body) == (server.url("/#part"), server.url("/four?a=b"), b"there")


@pytest.mark.parametrize(
    "content",
    [
        "30; url=/x",
        "6; url=/x",
        "0",
        "0; url=",
        "0; url=/",
        "0; url=#part",
        "0; url=/?",
        "0; url=mailto:a@b.example",
        "0; url=javascript:alert(1)",
        "0; url=file:///etc/passwd",
        "0; url=http://",
        "0; url=http://user@b.example/",
        "0; url=http:\\\\b.example\\",
        "0; url=/a\x01b",
    ],
)
async def test_a_page_that_leads_nowhere_else_soon_is_the_page(serve, make_fetcher, content):
    server = await serve(site({"/": leading(content)}))
    asked = "/?" if content.endswith("?") else "/"
    got = await make_fetcher().fetch(ask(server.url(asked)))
    assert (got.url, got.status, len(server.heads)) == (server.url(asked), 200, 1)
    assert TEXT.encode() in got.body


async def test_what_is_no_page_to_be_read_is_not_followed(serve, make_fetcher):
    """Nobody asked robots.txt where it leads."""
    server = await serve(site({"/": leading("0;url=/x")}))
    got = await make_fetcher().fetch(FetchRequest(server.url(), 10))
    assert (got.url, len(server.heads)) == (server.url(), 1)


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Busy"])
async def test_any_status_may_lead_on(serve, make_fetcher, status):
    moved = page(b"<meta http-equiv=refresh content='0;url=/x'>", status)
    server = await serve(site({"/": moved, "/x": page(b"there")}))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"there"


async def test_a_base_decides_where_a_relative_target_is(serve, make_fetcher):
    body = b"<base href=/deep/er/><meta http-equiv=refresh content='0;url=x'>"
    server = await serve(site({"/": page(body), "/deep/er/x": page(b"there")}))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"there"


async def test_pages_that_lead_on_without_end_are_given_up(serve, make_fetcher):
    server = await serve(site({"/": leading("0;url=/b"), "/b": page(b"", "302 A", ["Location: /"])}))
    with pytest.raises(SiteFailed, match="ERR_TOO_MANY_REDIRECTS"):
        await make_fetcher().fetch(ask(server.url()))
    assert len(server.heads) == 21


async def test_a_page_leads_to_no_refused_place(serve, make_fetcher):
    canary = await serve(fixed(page(b"secret")), host="127.0.0.2")
    server = await serve(
        site(
            {
                "/tag": leading(f"0;url={canary.url()}"),
                "/header": page(TEXT.encode(), headers=[f"Refresh: 0;url={canary.url()}"]),
                "/base": page(f"<base href={canary.url()}><meta http-equiv=refresh content=0;x>".encode()),
            }
        )
    )
    settings = opened(allow_networks="127.0.0.1/32")
    fetcher = make_fetcher(EgressGuard(settings), allow_networks="127.0.0.1/32")
    for path in ("/tag", "/header", "/base"):
        with pytest.raises(BlockedAddress):
            await fetcher.fetch(ask(server.url(path)))
    assert canary.connections == []


async def test_a_login_that_sets_a_cookie_and_leads_on_ends_inside(serve, make_fetcher):
    def login(head):
        inside = "sid=in" in sent(head).get("cookie", "")
        return leading("0;url=/home" if inside else "0;url=/again", headers=["Set-Cookie: sid=in; Path=/"])

    pages = {"/login": login, "/again": leading("1;url=/login"), "/home": page(b"welcome")}
    server = await serve(site(pages))
    got = await make_fetcher().fetch(ask(server.url("/login"), headers={"Cookie": "sid=out; theme=dark"}))
    assert (got.body, got.url) == (b"welcome", server.url("/home"))
    assert sent(server.heads[-1])["cookie"] == "sid=in; theme=dark"


async def test_another_origin_that_a_page_leads_to_sees_no_credentials(serve, make_fetcher):
    other = await serve(fixed(page(b"other")))
    server = await serve(site({"/": leading(f"0;url={other.url()}")}))
    secrets = {"Authorization": "secret", "Cookie": "s=secret", "User-Agent": "me"}
    await make_fetcher().fetch(ask(server.url(), headers=secrets))
    assert sent(other.heads[0])["user-agent"] == "me"
    assert b"secret" not in other.heads[0]
