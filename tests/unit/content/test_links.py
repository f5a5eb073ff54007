from __future__ import annotations

import html

import pytest

from webkiln.content.html_tree import addresses, body_of, parse
from webkiln.content.links import base_of, hrefs_of, links_in_text, links_of, resolve_links
from webkiln.content.markdown import to_markdown

URL = "https://site.test/docs/page.html?x=1#frag"


def links(page: str) -> list[str]:
    tree = parse(page)
    body = body_of(tree)
    base = base_of(tree, URL)
    resolve_links(body, base)
    return links_of(body, base)


def test_links_are_absolute_in_order_and_each_once():
    assert links("<a href=b>1</a><a href=/a>2</a><p><a href=//c.test>3</a><a href=b>4</a>") == [
        "https://site.test/docs/b",
        "https://site.test/a",
        "https://c.test/",
    ]


def test_places_on_the_page_are_left_out_and_places_on_others_are_not():
    assert links("<a href=#top>1</a><a href=other#top>2</a><a href=#>3</a>") == [
        "https://site.test/docs/other#top"
    ]


def test_mail_is_kept_and_what_is_no_address_is_not():
    page = "".join(
        f'<a href="{href}">x</a>'
        for href in (
            "javascript:void(0)",
            "data:text/html,x",
            "mailto:a@b.test",
            "tel:1",
            "file:///etc",
            "ftp://f",
            "",
        )
    )
    assert links(page) == ["mailto:a@b.test"]


def test_anchors_without_an_address_are_no_links():
    assert links("<a name=x>1</a><area>") == []


HOST = "https://site.test"


@pytest.mark.parametrize(
    ("href", "read"),
    [
        ("\n      /line\n   ", f"{HOST}/line"),
        ("\t/tab", f"{HOST}/tab"),
        ("\f/feed ", f"{HOST}/feed"),
        (f" {HOST}/blank ", f"{HOST}/blank"),
        ("/in\n\tside", f"{HOST}/inside"),
        ("/a b?c d#e f", f"{HOST}/a%20b?c%20d#e%20f"),
        ("\\back\\slash", f"{HOST}/back/slash"),
        ("\\\\other.test\\x", "https://other.test/x"),
        ("/hard\xa0", f"{HOST}/hard%C2%A0"),
        ("/weiß?ton=weiß", f"{HOST}/wei%C3%9F?ton=wei%C3%9F"),
        ("//töpfe.test", "https://xn--tpfe-5qa.test/"),
        ("HTTPS://Site.TEST:443/X", f"{HOST}/X"),
        ("https:near", f"{HOST}/docs/near"),
        ("/up/../%7e/./x", f"{HOST}/%7e/x"),
        ("mailto:a@b.test\n", "mailto:a@b.test"),
        ('/<>"`{}', f"{HOST}/%3C%3E%22%60%7B%7D"),
    ],
)
def test_addresses_are_read_as_a_browser_reads_them(href, read):
    page = f'<a href="{html.escape(href)}">it</a> <area href="{html.escape(href)}">'
    assert links(page) == [read]
    tree = parse(page)
    resolve_links(tree, URL)
    assert addresses(tree) == [read, read]
    assert to_markdown(page, URL) == f"[it]({read})"


@pytest.mark.parametrize(
    "href", ["http://[::1", "https://", "//", "http://a b.test/", "http://x.test:99999/"]
)
def test_a_link_that_no_browser_could_follow_is_none_and_its_text_stays(href):
    page = f"<p>See <a href='{href}'>this</a> <area href='{href}'><a href=b>b</a></p>"
    assert links(page) == [f"{HOST}/docs/b"]
    assert to_markdown(page, URL) == f"See this [b]({HOST}/docs/b)"


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("<base href=' /inner/ '>", f"{HOST}/inner/"),
        ("<base href='\\inner\\'>", f"{HOST}/inner/"),
        ("<base target=_blank><base href=/a/><base href=/b/>", f"{HOST}/a/"),
        ("<base href=''>", "https://site.test/docs/page.html?x=1"),
        ("<base href=//cdn.test>", "https://cdn.test/"),
        ("<base href='http://[::1'><base href=/b/>", URL),
        ("<base href='javascript:0'>", URL),
        ("<base href='data:text/plain,x'>", URL),
    ],
)
def test_a_base_counts_when_it_leads_to_a_web_page(head, base):
    assert base_of(parse(f"<head>{head}</head>x"), URL) == base


def test_pages_in_frames_are_links_when_they_are_of_the_same_site():
    sources = ("/in", "//ads.test/x", "//www.site.test/y", "", "about:blank", "http://[::1")
    page = "".join(f"<iframe src='{source}'></iframe>" for source in sources) + "<iframe></iframe><a href=z>"
    assert links(page) == [f"{HOST}/docs/z", f"{HOST}/in", "https://www.site.test/y"]
    assert hrefs_of(parse(page), URL, URL) == ["z", f"{HOST}/in", "https://www.site.test/y"]


def test_the_pages_of_a_frameset_are_its_links_and_its_text():
    page = "<frameset><frame src=menu.html name=menu><frame src=' //other.test/x' title='The  text'><frame>"
    page += "<frameset><frame src='/a b'></frameset></frameset>"
    found = [f"{HOST}/docs/menu.html", "https://other.test/x", f"{HOST}/a%20b"]
    assert links(page) == found
    assert hrefs_of(parse(page), URL, URL) == found
    shown = [f"[menu]({found[0]})", f"[The text]({found[1]})", f"[{found[2]}]({found[2]})"]
    assert to_markdown(page, URL) == "\n\n".join(shown)


def test_pictures_written_as_addresses_are_left_alone():
    picture = "data:image/png;base64,AA BB\n="
    tree = parse(f'<img src="{picture}"><a href="{picture}">x</a>')
    resolve_links(tree, URL)
    assert [tree.select_one("img").attr("src"), addresses(tree)] == [picture, [picture]]


def test_addresses_in_text():
    text = "See https://a.test/x, (http://b.test/y?z=1) and <https://a.test/x>; not ftp://c.test."
    assert links_in_text(text) == ["https://a.test/x", "http://b.test/y?z=1"]


def test_addresses_in_feeds_without_their_namespaces():
    text = '<rss xmlns="http://www.w3.org/2005/Atom"><link>https://a.test/1</link><loc>https://a.test/2</loc></rss>'
    assert links_in_text(text) == ["https://a.test/1", "https://a.test/2"]


def test_links_stay_as_they_are_unless_the_page_names_another_base():
    tree = parse('<a href="a">1</a><a href="a">2</a><a href="/b">3</a><a href="http://[x">4</a>')
    here = "https://site.test/docs/"
    assert hrefs_of(tree, here, here) == ["a", "/b", "http://[x"]
    assert hrefs_of(tree, "https://site.test/other/", here) == [
        "https://site.test/other/a",
        "https://site.test/b",
    ]
