from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from webkiln.content import to_markdown
from webkiln.content.emphasis import plain_emphasis

COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
KINDS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "s": "del", "del": "del"}


class Shown(HTMLParser):
    """Every visible character of a page with the kinds of emphasis it has."""

    def __init__(self, html):
        super().__init__()
        self.open, self.characters = [], []
        self.feed(html)

    def handle_starttag(self, tag, *_):
        if tag in KINDS:
            self.open.append(KINDS[tag])

    def handle_endtag(self, tag):
        if tag in KINDS:
            self.open.remove(KINDS[tag])

    def handle_data(self, data):
        self.characters += [(c, frozenset(self.open)) for c in data if not c.isspace()]


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


def rendered(markdown: str):
    return Shown(COMMONMARK.render(markdown)).characters


@pytest.mark.parametrize(
    ("tagged", "plain"),
    [
        ("<strong>Länge:</strong> 3 m", "**Länge:** 3 m"),
        ("Это <em>«важно»</em>, да", "Это *«важно»*, да"),
        ("(<strong>a.</strong>)", "(**a.**)"),
        ("x<strong>a.</strong>y", "x<strong>a.</strong>y"),
        ("was <s>€ 30.-</s> now", "was ~~€ 30.-~~ now"),
        ("was<s>€ 30.-</s>now", "was<del>€ 30.-</del>now"),
        ("x<strong> a. </strong>y", "x **a.** y"),
        ("x<strong>\xa0a.\xa0</strong>y", "x\xa0**a.**\xa0y"),
        ("a<em> </em>b", "a b"),
        ("<strong>a</strong><strong>b!</strong> c", "**ab!** c"),
        ("<strong>a!</strong><em>b?</em> c", "**a!**_b?_ c"),
        ("<strong><em>a!</em></strong> c", "**_a!_** c"),
        ("<strong>so <em>a!</em></strong> c", "**so _a!_** c"),
        ("<strong>a <strong>b</strong> c</strong>", "**a b c**"),
        ("<strong>see [it.](https://x.test/)</strong> now", "**see [it.](https://x.test/)** now"),
        ("<strong>`run`</strong> now", "**`run`** now"),
        ("`<strong>x</strong>` and <strong>`</strong>`", "`<strong>x</strong>` and <strong>`</strong>`"),
        (r"5\*<strong>x</strong>", r"5\***x**"),
        ("**a**<strong>b</strong>", "**a**__b__"),
        (r"\<strong>x\</strong>", r"\<strong>x\</strong>"),
        ("<strong>a\n\nb</strong>", "<strong>a\n\nb</strong>"),
        (
            "<table><tr><td><em>a</em></td></tr></table> <em>b</em>",
            "<table><tr><td><em>a</em></td></tr></table> *b*",
        ),
        ("| <strong>Maß (mm):</strong> | 4 |", "| **Maß (mm):** | 4 |"),
    ],
)
def test_marks_are_written_where_they_are_read(tagged, plain):
    assert plain_emphasis(tagged) == plain


def test_one_pair_that_needs_html_leaves_the_others_alone():
    page = "<p>a<b>“x”</b>c</p><ul><li><b>Plan:</b> think</li><li><em>Do!</em> it, <s>now</s></li></ul>"
    assert written(page) == "a<strong>“x”</strong>c\n\n- **Plan:** think\n- *Do!* it, ~~now~~"


PIECES = st.text(alphabet="ab5 .:!“「é*_~\\`$", max_size=4).map(escape)
INLINE = st.recursive(
    PIECES,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["b", "i", "s", "strong", "em"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=10,
)


@given(st.lists(INLINE, max_size=6).map("".join))
def test_a_reader_sees_every_character_as_emphasised_as_on_the_page(inline):
    page = f"<p>z<b>“”</b>z</p><p>{inline}</p>"
    assert rendered(written(page)) == Shown(page).characters
