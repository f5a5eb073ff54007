from __future__ import annotations

import pytest

from webkiln.fetching.cookies import MAX_COOKIE_LENGTH, MAX_COOKIES, ChainCookies


def kept(
    *lines, host="www.example.com", path="/dir/page", secure=True, to=None, to_path="/dir/x", to_secure=True
):
    """Store cookies of one answer and return what the next request carries."""
    cookies = ChainCookies()
    cookies.store(lines, host, path, secure=secure)
    return cookies.header(to or host, to_path, secure=to_secure)


def test_a_cookie_comes_back():
    assert kept("a=1", "b=two; HttpOnly; SameSite=Lax") == "a=1; b=two"
    assert kept('a="quoted"') == 'a="quoted"'
    assert kept("a=") == "a="
    assert kept() == ""


def test_a_later_cookie_replaces_an_earlier_one():
    assert kept("a=1", "a=2") == "a=2"


def test_without_a_domain_only_the_host_itself_gets_it():
    assert kept("a=1", to="www.example.com") == "a=1"
    assert kept("a=1", to="sub.www.example.com") == ""
    assert kept("a=1", to="example.com") == ""


def test_a_domain_opens_its_subdomains():
    assert kept("a=1; Domain=example.com", to="other.example.com") == "a=1"
    assert kept("a=1; Domain=.EXAMPLE.com", to="example.com") == "a=1"
    assert kept("a=1; Domain=example.com", to="notexample.com") == ""


@pytest.mark.parametrize(
    "domain", ["com", ".com", "example.org", "other.example.com", "localhost", "xample.com", "co.uk"]
)
def test_foreign_and_registry_domains_are_refused(domain):
    assert kept(f"a=1; Domain={domain}", host="www.example.com") == ""
    assert kept(f"a=1; Domain={domain}", host="www.example.co.uk", to="www.example.co.uk") == ""


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.github.io", "github.io"),
        ("a.blogspot.com", "blogspot.com"),
        ("bucket.s3.amazonaws.com", "s3.amazonaws.com"),
        ("www.shop.co.id", "co.id"),
        ("x.pvt.k12.ma.us", "pvt.k12.ma.us"),
        ("x.gov.in", "gov.in"),
        ("x.city.kawasaki.jp", "kawasaki.jp"),
        ("x.city.sch.uk", "sch.uk"),  # every name below it is a suffix
        ("www.shop.xn--55qx5d.cn", "xn--55qx5d.cn"),
    ],
)
def test_nobody_sets_a_cookie_for_a_public_suffix(host, domain):
    assert kept(f"a=1; Domain={domain}", host=host, to=f"other.{domain}") == ""
    assert kept(f"a=1; Domain={domain}", host=host) == ""


def test_a_public_suffix_that_is_a_host_may_name_itself_and_nobody_below():
    assert kept("a=1; Domain=github.io", host="github.io") == "a=1"
    assert kept("a=1; Domain=github.io", host="github.io", to="someone.github.io") == ""


def test_registered_names_below_a_public_suffix_share_their_cookies():
    assert kept("a=1; Domain=me.github.io", host="www.me.github.io", to="me.github.io") == "a=1"
    assert kept("a=1; Domain=shop.co.id", host="www.shop.co.id", to="pay.shop.co.id") == "a=1"


def test_addresses_have_no_subdomains():
    assert kept("a=1; Domain=0.0.1", host="127.0.0.1") == ""
    assert kept("a=1; Domain=127.0.0.1", host="127.0.0.1") == "a=1"


def test_paths_limit_a_cookie():
    assert kept("a=1", to_path="/dir/sub/x") == "a=1"
    assert kept("a=1", to_path="/other") == ""
    assert kept("a=1; Path=/", to_path="/other") == "a=1"
    assert kept("a=1; Path=/di", to_path="/dir/x") == ""
    assert kept("a=1; Path=/dir/", to_path="/dir/x") == "a=1"
    assert kept("a=1; Path=relative", to_path="/dir/x") == "a=1"
    assert kept("a=1; Path=/", "b=2; Path=/dir", to_path="/dir/x") == "b=2; a=1"


def test_secure_cookies_need_tls_both_ways():
    assert kept("a=1; Secure") == "a=1"
    assert kept("a=1; Secure", to_secure=False) == ""
    assert kept("a=1; Secure", secure=False) == ""


@pytest.mark.parametrize(
    "over",
    [
        "Max-Age=0",
        "Max-Age=-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Thu, 01-Jan-1970 00:00:01 GMT",
    ],
)
def test_cookies_are_taken_back(over):
    assert kept("a=1", f"a=x; {over}") == ""


@pytest.mark.parametrize(
    "still", ["Max-Age=60", "Expires=Wed, 21 Oct 2099 07:28:00 GMT", "Expires=Thu, 99 Foo 99999 99:99:99 GMT"]
)
def test_cookies_that_last_are_kept(still):
    assert kept(f"a=1; {still}") == "a=1"


@pytest.mark.parametrize(
    "line", ["", ";", "=", "=;=;;", "novalue", "a b=1", "a=\x01\x02", "a=é", "a\rb=1", "=1"]
)
def test_broken_cookies_are_ignored(line):
    assert kept(line, "ok=1") == "ok=1"


def test_amounts_are_bounded():
    assert kept("a=" + "x" * MAX_COOKIE_LENGTH) == ""
    many = kept(*(f"c{number}=1" for number in range(3_000)))
    assert many.count("=") == MAX_COOKIES


# Those that the request brought along


def renewed(own, *lines, path="/dir/page", to_path="/dir/x", secure=True):
    cookies = ChainCookies(own)
    cookies.store(lines, "www.example.com", path, secure=secure)
    return cookies.header("www.example.com", to_path, secure=secure)


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        (["sid=new; Path=/"], "lang=de; sid=new; theme=dark"),
        (["sid=new"], "sid=new; lang=de; theme=dark"),  # a longer path goes first
        (["sid=new; Path=/elsewhere"], "lang=de; theme=dark"),
        (["sid=new; Domain=example.com; Path=/"], "lang=de; sid=new; theme=dark"),
        (["sid=1; Path=/", "sid=2; Path=/"], "lang=de; sid=2; theme=dark"),
        (["sid=; Max-Age=0"], "lang=de; theme=dark"),
        (["sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/deep"], "lang=de; theme=dark"),
        (["sid=x; Max-Age=0", "sid=back; Path=/"], "lang=de; theme=dark; sid=back"),
        (["more=1; Path=/"], "lang=de; sid=old; theme=dark; more=1"),
        (["lang=; Max-Age=0", "sid=; Max-Age=0", "theme=; Max-Age=-1"], ""),
        (["SID=other; Path=/"], "lang=de; sid=old; theme=dark; SID=other"),
        (["sid=x; Domain=com"], "lang=de; sid=old; theme=dark"),
        (["si d=broken"], "lang=de; sid=old; theme=dark"),
    ],
)
def test_what_a_site_sets_replaces_the_requests_own_of_that_name(lines, sent):
    assert renewed("lang=de; sid=old; theme=dark", *lines) == sent


def test_a_cookie_that_needs_tls_replaces_nothing_without():
    assert renewed("sid=old", "sid=new; Secure", secure=False) == "sid=old"


def test_the_requests_own_go_out_as_they_were_written():
    assert renewed('a=1;; b = "x y" ; flag; a=2 ;', "c=3; Path=/") == 'a=1; b = "x y"; flag; a=2; c=3'
    assert renewed("a=1; a=2", "a=3; Path=/") == "a=3"
