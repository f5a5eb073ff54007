from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln import urls
from webkiln.urls import (
    BAD_PORTS,
    MAX_LENGTH,
    NO_TOP_LEVEL_DOMAIN,
    UNSUPPORTED_PROTOCOL,
    InvalidUrl,
    authority_of,
    cache_key,
    has_controls,
    has_scheme,
    host_of,
    origin_of,
    page_key,
    parse_target,
    parts_of,
    resolve,
    without_fragment,
)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("example.com", "http://example.com/"),
        ("example.com:8080/a?b=http://c", "http://example.com:8080/a?b=http://c"),
        ("HTTPS://Example.COM:443/A", "https://example.com/A"),
        ("  http://example.com  ", "http://example.com/"),
        ("http://example.com/crlf\r", "http://example.com/crlf"),
        ("\thttp://example.com/\r\n", "http://example.com/"),
        ("\n\n example.com/a \x1f\x00", "http://example.com/a"),
        ("http://example.com.", "http://example.com/"),
        ("http://example.com.:81/a.b", "http://example.com:81/a.b"),
        ("http://bücher.example.org/ä?ö=ü", "http://xn--bcher-kva.example.org/%C3%A4?%C3%B6=%C3%BC"),
        ("http://пример.рф/", "http://xn--e1afmkfd.xn--p1ai/"),
        ("http://a_b.example.com/", "http://a_b.example.com/"),
        ("http://a-.example.com/", "http://a-.example.com/"),
        ("http://example.com/a b", "http://example.com/a%20b"),
        ("http://example.com/x/../y/./z", "http://example.com/y/z"),
        ("http://example.com/%0d%0a", "http://example.com/%0d%0a"),
        ("http://example.com/?a=%zz&b=[1]|{2}\\3", "http://example.com/?a=%zz&b=[1]|{2}\\3"),
        ("http://example.com/#@127.0.0.1", "http://example.com/#@127.0.0.1"),
        ("http://example.com?x=@y", "http://example.com/?x=@y"),
        ("http://example.com/a@b", "http://example.com/a@b"),
        ("http://localhost.example.com/", "http://localhost.example.com/"),
    ],
)
def test_a_url_has_one_normal_form(typed, normal):
    assert parse_target(typed) == normal
    assert parse_target(normal) == normal


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://0177.0.0.01/", "127.0.0.1"),
        ("http://%31%32%37.1/", "127.0.0.1"),
        ("http://\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11/", "127.0.0.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://[0:0::1]/", "::1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:7f00:1"),
    ],
)
def test_odd_spellings_of_addresses_become_the_plain_one(typed, host):
    assert host_of(parse_target(typed)) == host


@pytest.mark.parametrize(
    "typed",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@example.com",
        "view-source:http://example.com",
        "chrome://version",
        "ws://example.com/",
        "git+ssh://example.com/",
        "about:blank",
        "foo.bar://example.com",
    ],
)
def test_only_http_is_fetched(typed):
    with pytest.raises(InvalidUrl, match=UNSUPPORTED_PROTOCOL):
        parse_target(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "localhost",
        "http://localhost:3000/",
        "http://intranet/",
        "http://localhost6.localdomain6",
        "http://a.b",
    ],
)
def test_a_name_needs_a_top_level_domain(typed):
    with pytest.raises(InvalidUrl, match=NO_TOP_LEVEL_DOMAIN):
        parse_target(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "http://",
        "http://:80/",
        "http://http://example.com",
        "https:example.com",
        "http:\\\\example.com\\",
        "http:/example.com",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://@example.com/",
        "http://example.com&@127.0.0.1#@3.3.3.3/",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\a",
        "http://example.com/\r\nX: 1",
        "http://example.com/\ta",
        "http://exam\nple.com/",
        "ht\ntp://example.com/",
        "\x85http://example.com/",
        "\u00a0http://example.com/",
        "\r\n",
        "http://example.com/\x7f",
        "http://example.com/\x85",
        "http://example.com:80:81/",
        "http://example.com:65536/",
        "http://example.com:x/",
        "http://xn--/",
        "http://../",
        "http://.example.com/",
        "http://example..com/",
        "http://-example.com/",
        "http://*.example.com/",
        "http://exam ple.com/",
        "http://256.256.256.256/",
        "http://1.2.3.4.5/",
        "http://[::1%25lo]/",
        "http://[example.com]/",
        "http://example.com/\ud800",
        f"http://example.com/{'a' * MAX_LENGTH}",
    ],
)
def test_what_parsers_read_differently_is_refused(typed):
    with pytest.raises(InvalidUrl):
        parse_target(typed)


@pytest.mark.parametrize(
    "typed", ["http://user:secret@example.com/", "secret@example.com/a", " http://secret@a.example/x\n"]
)
def test_credentials_in_a_url_are_refused_with_what_to_send_instead(typed):
    with pytest.raises(InvalidUrl) as caught:
        parse_target(typed)
    assert '"headers": {"Authorization": "Basic …"}' in str(caught.value)
    assert "secret" not in str(caught.value)


def test_labels_longer_than_dns_allows_are_refused():
    assert parse_target(f"http://{'a' * 63}.example.com/")
    with pytest.raises(InvalidUrl):
        parse_target(f"http://{'a' * 64}.example.com/")
    with pytest.raises(InvalidUrl):
        parse_target(f"http://{'a.' * 130}com/")


def test_ports_of_other_protocols_are_refused():
    assert len(BAD_PORTS) == 83
    for port in BAD_PORTS:
        for typed in (f"http://example.com:{port}/", f"https://93.184.216.34:{port}/", f"example.com:{port}"):
            with pytest.raises(InvalidUrl, match="port"):
                parse_target(typed)
    assert parse_target("http://example.com:6379/") == "http://example.com:6379/"
    assert parse_target("http://example.com:080/") == "http://example.com/"


def test_pinned_names_need_no_dot():
    names = {"wiki", "localhost", "deep.wiki9"}
    assert parse_target("wiki/page", names) == "http://wiki/page"
    assert parse_target("http://LOCALHOST:3000", names) == "http://localhost:3000/"
    assert parse_target("http://deep.wiki9/", names) == "http://deep.wiki9/"
    with pytest.raises(InvalidUrl):
        parse_target("http://other/", names)
    with pytest.raises(InvalidUrl):
        parse_target("http://user@wiki/", names)


@pytest.mark.parametrize(
    ("href", "absolute"),
    [
        ("", "http://a.com/b/c?d"),
        ("#e", "http://a.com/b/c?d#e"),
        ("?x", "http://a.com/b/c?x"),
        ("x", "http://a.com/b/x"),
        ("./x", "http://a.com/b/x"),
        ("../x?y#z", "http://a.com/x?y#z"),
        ("../../../x", "http://a.com/x"),
        ("/x", "http://a.com/x"),
        ("//b.com/x", "http://b.com/x"),
        ("\\\\b.com\\x", "http://b.com/x"),
        ("/\\b.com/x", "http://b.com/x"),
        ("http:x", "http://a.com/b/x"),
        ("http:/x", "http://x/"),
        ("https:x", "https://x/"),
        ("HTTPS://B.com", "https://b.com/"),
        (" \n/x\t/y ", "http://a.com/x/y"),
        ("mailto:a@b.c", "mailto:a@b.c"),
        ("javascript:void(0)", "javascript:void(0)"),
        ("/ä b?ö", "http://a.com/%C3%A4%20b?%C3%B6"),
        ("x:y/z", "x:y/z"),
        ("1:2", "http://a.com/b/1:2"),
    ],
)
def test_references_resolve_as_in_a_browser(href, absolute):
    assert resolve("http://a.com/b/c?d#f", href) == absolute


def test_a_fragment_of_the_base_is_not_inherited_by_references():
    assert resolve("http://a.com/b#f", "") == "http://a.com/b"


@pytest.mark.parametrize("href", ["//", "http://[::bad", "http://a b/", "\ud800"])
def test_a_reference_without_a_reading_is_an_error(href):
    with pytest.raises(InvalidUrl):
        resolve("http://a.com/", href)


def test_parts_of_a_url():
    assert parts_of("https://a.com/b?c") == ("a.com", 443, "https://a.com", "/b", True)
    assert parts_of("http://[::1]:8080/") == ("::1", 8080, "http://[::1]:8080", "/", False)
    assert parts_of("http://a.com/").port == 80
    assert origin_of("https://a.com:444/x") == "https://a.com:444"
    assert host_of("http://[2606:4700::1]/") == "2606:4700::1"
    assert without_fragment("http://a.com/#b#c") == "http://a.com/"
    for broken in (parts_of, origin_of, host_of, page_key, cache_key):
        with pytest.raises(InvalidUrl):
            broken("http://[")


@pytest.mark.parametrize(
    "variant",
    [
        "https://example.com/a",
        "https://www.example.com/a/",
        "https://example.com:443/a/index.html",
        "https://example.com/a/index.php",
        "https://example.com/a/index.shtml",
        "https://example.com/a#section",
        "https://example.com/a#!",
    ],
)
def test_spellings_of_one_page_share_a_cache_key(variant):
    assert cache_key(variant) == "https://example.com/a"
    plain = variant.replace("https:", "http:").replace(":443", ":80")
    assert cache_key(plain) == "http://example.com/a"
    assert page_key(plain) == page_key(variant) == cache_key(variant)


@pytest.mark.parametrize(
    "variant",
    [
        "http://example.com/A",
        "http://example.com/a?b",
        "http://example.com/a#/route",
        "http://example.com/a#!/route",
        "http://example.com:8080/a",
        "http://sub.example.com/a",
        "http://example.com/a/index.asp",
        "http://example.com/",
        "https://example.com/a/b",
        "https://example.com:80/a",
        "http://example.com:443/a",
    ],
)
def test_other_pages_have_other_cache_keys(variant):
    assert cache_key(variant) != cache_key("http://example.com/a")
    assert page_key(variant) != page_key("http://example.com/a")


def test_small_questions():
    assert has_controls("a\tb")
    assert not has_controls("a b")
    assert has_scheme("mailto:x")
    assert not has_scheme("/a:b")


def test_a_hundred_thousand_urls_are_read_in_half_a_second_of_cpu():
    texts = [f"https://www.example{number}.com/path/{number}?x=1" for number in range(100_000)]
    started = time.process_time()
    for text in texts:
        parse_target(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a?b", "example.com"),
        ("http://example.com:80/", "example.com"),
        ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
        ("https://[::1]:8443/", "[::1]:8443"),
    ],
)
def test_what_is_asked_politely_is_a_host_with_its_port(url, expected):
    assert authority_of(url) == expected


PIECES = """
    / // a B . .. /./ /../ %2e %2E /%2e ? # : & = ~ %zz ' https:// http:// h.test xn--a.test H.test 1.2 h.0x7
    :80 @ \\ é
"""


@given(st.lists(st.sampled_from([" ", "\t", *PIECES.split()]), max_size=7).map("".join))
def test_the_short_way_to_resolve_leads_where_the_parser_does(reference):
    here = "https://site.test/a/b?c"

    def read(text: str) -> str | None:
        try:
            return urls.resolve(here, text)
        except urls.InvalidUrl:
            return None

    # A tab inside means nothing, and is not for the short way.
    assert read(reference) == read(f"\t{reference[:3]}\t{reference[3:]}")
