from __future__ import annotations

from webkiln.content.html_tree import body_of, parse
from webkiln.content.links import hrefs_of, links_in_text, links_of

URL = "https://site.test/docs/page.html?x=1#frag"


def links(html: str) -> list[str]:
    tree = parse(html)
    body = body_of(tree)
    base = tree.base_url(URL)
    body.resolve_links(base)
    return links_of(body, base)


def test_links_are_absolute_in_order_and_each_once():
    assert links("<a href=b>1</a><a href=/a>2</a><p><a href=//c.test>3</a><a href=b>4</a>") == [
        "https://site.test/docs/b",
        "https://site.test/a",
        "https://c.test",
    ]


def test_places_on_the_page_are_left_out_and_places_on_others_are_not():
    assert links("<a href=#top>1</a><a href=other#top>2</a><a href=#>3</a>") == [
        "https://site.test/docs/other#top"
    ]


def test_mail_is_kept_and_what_is_no_address_is_not():
    html = "".join(
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
    assert links(html) == ["mailto:a@b.test"]


def test_anchors_without_an_address_are_no_links():
    assert links("<a name=x>1</a><area href=/y>") == []


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
