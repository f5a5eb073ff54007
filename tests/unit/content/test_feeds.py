from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content.feeds import page_of_feed
from webkiln.content.markdown import to_markdown

URL = "https://kiln.test/feed"


def shown(xml: str) -> str:
    page = page_of_feed(xml)
    assert page is not None
    return to_markdown(page, URL)


RSS = """\ufeff
<?xml version="1.0" encoding="iso-8859-1"?><?xml-stylesheet href="/style.xsl"?>
<!-- made by hand -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Notes &amp; queries</title><link>https://kiln.test/</link><description>All about clay</description>
<item><title><![CDATA[Opening <em>the</em> door]]></title><link>https://kiln.test/door</link>
<pubDate>Mon, 30 Nov 2026 08:00:00 GMT</pubDate>
<description>&lt;p&gt;It was &lt;b&gt;warm&lt;/b&gt;.&lt;/p&gt;</description>
<content:encoded><![CDATA[<ul><li>One <a href="/one">more</a><li>Two</ul><!-- ]]></content:encoded></item>
<item><guid>https://kiln.test/untitled</guid><description>A line&nbsp;of text<br>and one</description>
<enclosure url="https://kiln.test/a%20b.mp3?x=1" length="1" type="audio/mpeg"/></item>
<item><title>Last</title></item></channel></rss>"""


def test_an_rss_feed_is_a_page_of_its_entries():
    assert shown(RSS.replace("<br>", "&lt;br&gt;")).split("\n\n") == [
        "# [Notes & queries](https://kiln.test/)",
        "All about clay",
        "## [Opening the door](https://kiln.test/door)",
        "Mon, 30 Nov 2026 08:00:00 GMT",
        "It was **warm**.",
        "- One [more](https://kiln.test/one)\n- Two",
        "## [https://kiln.test/untitled](https://kiln.test/untitled)",
        "A line\xa0of text  \nand one",
        "[a%20b.mp3](https://kiln.test/a%20b.mp3?x=1)",
        "## Last",
    ]


def test_what_comes_before_a_broken_place_counts():
    text = shown(RSS)  # its <br> never ends
    assert "Opening the door" in text
    assert "Last" not in text


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://www.w3.org/1999/xhtml">
<title type="html">Kiln &amp;amp; wheel</title><link rel="self" href="https://kiln.test/feed"/>
<entry><title>First</title><link rel="enclosure" href="/first.pdf"/><link href="/first"/>
<updated>2026-11-30T08:00:00Z</updated><published>2026-11-29T08:00:00Z</published>
<summary type="text">a &lt; b, <![CDATA[<i>]]> is a sign</summary>
<content type="xhtml">
<x:div>Long <x:em class="a&quot;b">text</x:em> &amp; more</x:div></content></entry></feed>"""


def test_an_atom_feed_is_a_page_of_its_entries():
    assert shown(ATOM).split("\n\n") == [
        "# Kiln & wheel",
        "## [First](https://kiln.test/first)",
        "2026-11-29T08:00:00Z",
        "a < b, <i> is a sign".replace("<", "\\<").replace("\\< b", "< b"),
        "Long *text* & more",
        "[first.pdf](https://kiln.test/first.pdf)",
    ]


def test_rdf_has_its_items_beside_the_channel():
    xml = """<rdf:RDF xmlns:rdf="r" xmlns="http://purl.org/rss/1.0/"><channel><title>Old</title></channel>
    <item><title>One</title><link>https://kiln.test/1</link></item></rdf:RDF>"""
    assert shown(xml) == "# Old\n\n## [One](https://kiln.test/1)"


def test_a_summary_that_the_text_begins_with_is_not_said_twice():
    xml = """<rss xmlns:c="c"><channel><item><title>A</title><description>Wet clay</description>
    <c:encoded>&lt;p&gt;Wet  &lt;b&gt;clay&lt;/b&gt; dries.&lt;/p&gt;</c:encoded></item></channel></rss>"""
    assert shown(xml) == "## A\n\nWet **clay** dries."


@pytest.mark.parametrize(
    "tail", ["<script>", "<textarea>", "<!--", "<b>", "<table><tr>", "<title>", "</div></article>"]
)
def test_markup_that_does_not_end_ends_with_its_entry(tail):
    entries = "".join(
        f"<item><title>T{n}</title><description><![CDATA[<p>text {n}{tail}]]></description></item>"
        for n in range(3)
    )
    text = shown(f"<rss><channel>{entries}</channel></rss>")
    assert [f"## T{n}" in text for n in range(3)] == [True] * 3
    assert "**" not in text.partition("## T1")[2].partition("text 1")[0]


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<rss/>",
        "<rss><channel><title>Empty</title></channel></rss>",
        "<catalog><item><title>x</title></item></catalog>",
        "<html><body><item><title>x</title></item></body></html>",
        '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss><channel><item><title>&a;</title></item></channel></rss>',
        "{}",
    ],
)
def test_what_is_no_feed_is_none(xml):
    assert page_of_feed(xml) is None


def test_a_feed_of_deep_or_many_elements_is_read_up_to_there():
    item = "<item><title>x</title></item>"
    assert shown(f"<rss><channel>{item}{'<a>' * 500}") == "## x"
    page = page_of_feed(f"<rss><channel>{item * 10_100}</channel></rss>")
    assert page is not None
    assert page.count("<article>") <= 10_001


@given(st.text(alphabet="<>/&;!-[]? rsitemlnkCDAT\"'=x", max_size=200))
def test_any_text_is_a_page_or_none(text):
    made = page_of_feed(f"<rss><channel><item><title>x</title></item><item>{text}</item></channel></rss>")
    assert made is None or "<article>" in made
