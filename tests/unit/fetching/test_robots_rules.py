from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from webkiln.fetching.robots_rules import (
    MAX_BYTES,
    MAX_SITEMAPS,
    MAX_WILDCARD_PIECES,
    MAX_WILDCARD_RULES,
    Paths,
    product_of,
    read_rules,
)

SITE = "https://site.example"
ROBOTS = f"{SITE}/robots.txt"


def rules(text, agent="Webkiln"):
    body = text if isinstance(text, bytes) else text.encode()
    return read_rules(body, ROBOTS, agent)


def allowed(text, path, agent="Webkiln"):
    return rules(text, agent).allows(SITE + path)


def everyone(*lines):
    return "\n".join(("User-agent: *", *lines))


# Which group holds (RFC 9309 §2.2.1).


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("", True),
        ("Disallow: /", True),  # before any group
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: Webkiln\nDisallow: /", False),
        ("user-AGENT: wEBKILN\ndisALLOW: /", False),
        ("User-agent: webkiln/2.0\nDisallow: /", False),
        ("User-agent: Webkiln*\nDisallow: /", False),
        # Neither a name that starts like ours nor one that ours starts with.
        ("User-agent: Web\nDisallow: /", True),
        ("User-agent: WebkilnImages\nDisallow: /", True),
        ("User-agent: Webkiln-News\nDisallow: /", True),
        # Ours holds alone, wherever it stands, even when it says nothing.
        ("User-agent: *\nDisallow: /\nUser-agent: webkiln\nDisallow: /x", True),
        ("User-agent: webkiln\nAllow: /\nUser-agent: *\nDisallow: /", True),
        ("User-agent: webkiln\nDisallow:\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: webkiln", True),
        # Names one after the other share the rules; blank lines and strangers between them are nothing.
        ("User-agent: a\nUser-agent: webkiln\nUser-agent: b\nDisallow: /", False),
        ("User-agent: webkiln\n\n# so\nSitemap: /s.xml\nNoindex: /x\nUser-agent: b\nDisallow: /", False),
        ("User-agent: webkiln\nUser-agent: *\nDisallow: /", False),
        # A rule ends the run of names, also an empty one or a delay.
        ("User-agent: webkiln\nDisallow:\nUser-agent: b\nDisallow: /", True),
        ("User-agent: webkiln\nCrawl-delay: 1\nUser-agent: b\nDisallow: /", True),
        # Groups for one name are one group.
        ("User-agent: webkiln\nDisallow: /a\nUser-agent: b\nUser-agent: webkiln\nDisallow: /", False),
        ("User-agent: * \t# all\nDisallow: /", False),
        ("User-agent: * bots\nDisallow: /", False),
        ("User-agent:\nDisallow: /", True),
    ],
)
def test_the_group_that_names_us_holds_else_everyones(text, may):
    assert allowed(text, "/page") is may


def test_other_robots_are_known_by_the_name_at_the_start_of_what_they_say():
    text = "User-agent: foobot\nDisallow: /a\nUser-agent: *\nDisallow: /b"
    assert not allowed(text, "/a", "FooBot/1.2 (+https://foo.example)")
    assert allowed(text, "/b", "foobot")
    assert not allowed(text, "/b", "foo")
    assert not allowed(text, "/b", "")
    assert not allowed(text, "/b", "(odd)")
    assert product_of(" MJ12bot/1 ") == "mj12bot"


# Lines as they are found.


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])
def test_any_line_end_ends_a_line(end):
    assert not allowed(f"User-agent: *{end}Disallow: /a{end}Disallow: /b{end}", "/a")
    assert allowed(f"User-agent: *{end}Disallow: /a{end}Allow: /a/b{end}", "/a/b")


@pytest.mark.parametrize(
    "line",
    [
        "Disallow:/a",
        "  Disallow : /a  ",
        "\tDISALLOW:\t/a\t# why",
        "Disallow: /a#why",
        "Disallow /a",
        "disallow\t/a",
        *(f"{word}: /a" for word in ("Dissallow", "Dissalow", "Disalow", "Diasllow", "Disallaw")),
    ],
)
def test_a_line_is_taken_for_what_it_was_meant_to_be(line):
    assert not allowed(everyone(line), "/a")
    assert allowed(everyone(line), "/b")


@pytest.mark.parametrize(
    "line", ["Disallow: ", "Disallow", "Disallow: # /", "Disallow and /", "/", ":", "Deny: /"]
)
def test_a_line_that_says_nothing_is_no_rule(line):
    assert allowed(everyone(line), "/a")


def test_bytes_that_are_no_text_do_no_harm():
    text = "User-agent: *\nDisallow: /a\nAllow: /a/b\n"
    for body in (
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        b"\xff\xfe\0garbage \x80\n"[2:] + text.encode(),
        b"\0\0" + text.encode() + b"\0",
    ):
        assert not allowed(body, "/a")
        assert allowed(body, "/a/b")


def test_a_path_that_is_not_utf_8_is_compared_byte_by_byte():
    assert not allowed(b"User-agent: *\nDisallow: /caf\xe9", "/caf%E9")
    assert allowed(b"User-agent: *\nDisallow: /caf\xe9", "/caf%C3%A9")


@pytest.mark.parametrize(
    "page", ["<!doctype html>\nUser-agent: *\nDisallow: /", "\ufeff\n <html>User-agent: *"]
)
def test_an_html_page_has_no_rules(page):
    assert allowed(page + "\nUser-agent: *\nDisallow: /", "/a")


def test_only_the_first_500_kib_are_read_and_no_half_line():
    head = "User-agent: *\nDisallow: /a\n"
    filling = "#" * (MAX_BYTES - len(head) - len("\nDisallow: /")) + "\n"
    text = f"{head}{filling}Disallow: /search\nDisallow: /c\n"
    assert text.encode()[:MAX_BYTES].endswith(b"\nDisallow: /")
    found = rules(text.encode()[:MAX_BYTES])
    assert not found.allows(f"{SITE}/a")
    assert found.allows(f"{SITE}/c")
    assert rules(text).allows(f"{SITE}/c")


# What a rule matches (RFC 9309 §2.2.2, §2.2.3).


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("/", ["/", "/x", "/?x"], []),
        (
            "/fish",
            ["/fish", "/fish.html", "/fish/salmon", "/fishheads", "/fish?x"],
            ["/Fish", "/cat/fish", "/"],
        ),
        ("/fish/", ["/fish/", "/fish/?id=1", "/fish/salmon"], ["/fish", "/fish.html"]),
        ("fish/", ["/fish/", "/fish/x"], ["/fish", "/a/fish/"]),
        ("*.php", ["/index.php", "/a/b.php", "/a.php?x", "/a.php/", "/a.php5"], ["/", "/index.PHP"]),
        ("/*.php$", ["/a.php", "/b/a.php", "/.php"], ["/a.php?x", "/a.php/", "/a.php5", "/php"]),
        ("/fish*.php", ["/fish.php", "/fishheads/a.php?x"], ["/Fish.PHP", "/fis.php"]),
        ("/fish*", ["/fish", "/fishes"], ["/fis"]),
        ("/a$", ["/a"], ["/a/", "/ab", "/a?"]),
        ("/$", ["/"], ["/a", "/?"]),
        ("/a$b", ["/a$b", "/a%24bc"], ["/a", "/a$"]),
        ("/a*b*c", ["/abc", "/axbxcx"], ["/acb", "/ab"]),
        ("/a*aa$", ["/aaa", "/abaa"], ["/aa", "/aab"]),
        ("*", ["/", "/x"], []),
        ("/**x", ["/x", "/ax"], ["/a"]),
        ("/?", ["/?a", "/?"], ["/a?", "/"]),
        ("/a?x=1", ["/a?x=1&y"], ["/a?y&x=1"]),
    ],
)
def test_patterns(pattern, matched, others):
    found = rules(everyone(f"Disallow: {pattern}"))
    assert [path for path in matched if found.allows(SITE + path)] == []
    assert [path for path in others if not found.allows(SITE + path)] == []


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A"),
        ("/a b", "/a%20b"),
        ("/a?to=https://foo.example", "/a?to=https%3A//foo.example"),
        ("/%7Ejoe", "/~joe"),
        ("/a%2ab", "/a*b"),
        ("/100%", "/100%"),
    ],
)
def test_spellings_of_one_path_are_one_path(pattern, path):
    assert not allowed(everyone(f"Disallow: {pattern}"), path)


@pytest.mark.parametrize(("pattern", "path"), [("/a/b", "/a%2Fb"), ("/a%3Fb", "/a?b"), ("/a%2541", "/a%41")])
def test_escapes_that_keep_a_meaning_apart_stay(pattern, path):
    assert allowed(everyone(f"Disallow: {pattern}"), path)
    assert not allowed(everyone(f"Disallow: {path}"), path)


@pytest.mark.parametrize(
    ("lines", "path", "may"),
    [
        (["Allow: /p", "Disallow: /"], "/page", True),
        (["Disallow: /", "Allow: /p"], "/page", True),
        (["Allow: /folder", "Disallow: /folder"], "/folder/page", True),
        (["Disallow: /folder", "Allow: /folder"], "/folder/page", True),
        (["Allow: /page", "Disallow: /*.htm"], "/page.htm", False),
        (["Allow: /page", "Disallow: /*.ph"], "/page.php5", True),
        (["Allow: /$", "Disallow: /"], "/", True),
        (["Allow: /$", "Disallow: /"], "/page.htm", False),
        (["Allow: /x/", "Disallow: /"], "/x", False),
        (["Disallow: /x/page.html", "Allow: /x/"], "/x/page.html", False),
        (["Disallow: /ab$", "Allow: /ab"], "/ab", False),
        (["Allow: /*ツ", "Disallow: /abcdef*"], "/abcdefツ", True),  # as long as it travels: /*%E3%83%84
        (["Allow: /docs/index.html", "Disallow: /docs"], "/docs/", True),
        (["Allow: /docs/index.html", "Disallow: /docs"], "/docs/x", False),
        (["Disallow: /docs/index.html"], "/docs/", True),
    ],
)
def test_the_longest_rule_decides_and_allowing_wins_among_equals(lines, path, may):
    assert allowed(everyone(*lines), path) is may


def test_host_fragment_and_missing_path_do_not_count():
    found = rules(everyone("Disallow: /site", "Disallow: /?"))
    assert found.allows("https://site.example/")
    assert found.allows("https://site.example/x#/site")
    assert not found.allows("https://site.example?x")
    assert not rules(everyone("Disallow: /")).allows("https://site.example")


def test_robots_txt_itself_is_never_forbidden():
    found = rules(everyone("Disallow: /"))
    assert found.allows(ROBOTS)
    assert not found.allows(f"{ROBOTS}?x")


# What else it says.


@pytest.mark.parametrize(
    ("lines", "delay_s"),
    [
        ([], None),
        (["Crawl-delay: 2.5"], 2.5),
        (["crawl-delay 2"], 2),
        (["Crawl-delay: 0"], 0),
        (["Crawl-delay: 1e9"], 10),
        (["Crawl-delay: 5", "Crawl-delay: 1"], 5),
        (["Crawl-delay: NaN"], None),
        (["Crawl-delay: inf"], None),
        (["Crawl-delay: -1", "Crawl-delay: soon", "Crawl-delay:"], None),
    ],
)
def test_the_pause_between_pages_is_a_sensible_one(lines, delay_s):
    assert rules(everyone(*lines)).crawl_delay_s == delay_s


def test_another_robots_pause_is_not_ours():
    assert rules("User-agent: a\nCrawl-delay: 9\nUser-agent: *\nDisallow: /x").crawl_delay_s is None


def test_sitemaps_are_absolute_urls_of_the_web_each_once():
    text = """
        Sitemap: https://site.example/a.xml
        User-agent: other
        SITEMAP: https://Other.example/b.xml # there
        sitemap: /c.xml
        Site-map: https://site.example/a.xml
        Sitemap https://site.example/d.xml
        Sitemap: file:///etc/passwd
        Sitemap: javascript:alert(1)
        Sitemap: https://user@site.example/
        Sitemap: http://site.example:25/
        Sitemap:
        Disallow: /
    """
    assert rules(text).sitemaps == (
        "https://site.example/a.xml",
        "https://other.example/b.xml",
        "https://site.example/c.xml",
        "https://site.example/d.xml",
    )


def test_a_host_without_dots_may_name_its_own_sitemap():
    found = read_rules(
        b"Sitemap: http://wiki/s.xml\nSitemap: http://other/s.xml", "http://wiki/robots.txt", "a"
    )
    assert found.sitemaps == ("http://wiki/s.xml",)


def test_there_are_at_most_100_sitemaps():
    found = rules("\n".join(f"Sitemap: /{number}.xml" for number in range(10_000)))
    assert len(found.sitemaps) == MAX_SITEMAPS


# Bounds.


def test_wildcards_are_bounded_in_number():
    many = [(f"/*x{number}", False) for number in range(MAX_WILDCARD_RULES + 1)]
    assert not Paths(many).allows(b"/x7")
    assert Paths(many[1:]).allows(b"/x0")
    paths = Paths([*many, ("/plain", False)])
    assert paths.allows(b"/x1000") or not paths.allows(b"/x100")  # /*x100 is one of those kept
    assert not paths.allows(b"/plain")
    assert Paths(many[::-1]).allows(b"/yx0")
    knotty = [("/" + "*a" * MAX_WILDCARD_PIECES, False), ("/*b", False)]
    assert Paths(knotty).allows(b"/" + b"a" * 9_000)
    assert not Paths(knotty).allows(b"/b")


def test_long_pieces_are_looked_for_as_short_ones_are():
    piece = "a" * 50 + "b" + "a" * 50
    found = rules(everyone(f"Disallow: /*{piece}*c$"))
    assert not found.allows(f"{SITE}/xx{piece}xxc")
    assert found.allows(f"{SITE}/xx{piece}xx")
    assert found.allows(f"{SITE}/{'a' * 2_000}c")


def test_what_rules_weigh_is_told():
    empty = rules("").size
    assert rules(everyone("Disallow: /" + "x" * 100_000)).size > empty + 100_000
    assert rules(everyone("Disallow: /*" + "x" * 1_000)).size > empty + 16_000
    assert rules("Sitemap: /" + "x" * 9_000).size > empty + 9_000


@given(st.binary(max_size=400), st.text(max_size=30))
def test_arbitrary_bytes_are_some_rules(body, path):
    found = read_rules(body, ROBOTS, "Webkiln")
    assert found.allows(f"{SITE}/{path}") in {True, False}


LINES = st.lists(
    st.tuples(
        st.sampled_from(["User-agent", "Allow", "Disallow", "Sitemap", "Crawl-delay", "\0", "disalow"]),
        st.sampled_from([":", " ", ": ", "::"]),
        st.text("/ab*$%2Fé\ud800#\x85 ", max_size=12),
    ).map("".join)
)


@given(LINES, st.text("/ab%2F?*$é\ud800", max_size=20))
def test_lines_like_real_ones_are_some_rules(lines, path):
    body = everyone(*lines).encode("utf-8", "surrogatepass")
    found = read_rules(body, ROBOTS, "Webkiln")
    assert found.allows(f"{SITE}/{path}") in {True, False}
    assert len(found.sitemaps) <= len(lines)


PATTERNS = st.builds(
    lambda body, end: f"/{body}{end}", st.text("ab/*", max_size=8), st.sampled_from(["", "", "$"])
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), PATTERNS), max_size=8),
    st.text("ab/", max_size=8),
)
def test_another_reader_of_the_standard_agrees(found, path):
    text = everyone(*(f"{directive}: {pattern}" for directive, pattern in found))
    url = f"{SITE}/{path}"
    if not path.startswith("/"):  # the other one takes //a for a host
        assert rules(text).allows(url) is Protego.parse(text).can_fetch(url, "*")
