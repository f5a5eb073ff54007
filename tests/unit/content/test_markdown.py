from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content import to_markdown
from webkiln.content.cleaning import Wanted, clean
from webkiln.content.html_tree import parse
from webkiln.content.markdown import benchmark_entry, markdown_of

URL = "https://site.test/docs/page.html"


def test_main_content_is_the_default():
    html = "<nav>n</nav><h1>T</h1><p>x</p><footer>f</footer>"
    assert to_markdown(html, URL) == "# T\n\nx"
    assert benchmark_entry(html, URL) == "# T\n\nx"
    assert to_markdown(html, URL, only_main_content=False) == "n\n\n# T\n\nx\n\nf"


def test_a_page_of_nothing_but_navigation_is_given_whole():
    assert to_markdown("<nav>n</nav>", URL) == "n"


def test_an_empty_page_is_empty():
    assert to_markdown("", URL) == ""
    assert to_markdown("<script>x</script>", URL) == ""


def test_base64_images_can_be_kept():
    tree = parse("<img src='data:image/png;base64,AAAA' alt=A>")
    clean(tree, URL, Wanted())
    assert markdown_of(tree, remove_base64_images=False) == "![A](data:image/png;base64,AAAA)"


def test_text_that_is_markdown_is_escaped():
    html = "<p>[x](y) ![z](w) `c` *e* _u_</p><p># h</p><p>1. n</p><p>&lt;b&gt; &amp;amp;</p>"
    assert to_markdown(html, URL) == (
        "\\[x\\](y) !\\[z\\](w) \\`c\\` \\*e\\* \\_u\\_\n\n\\# h\n\n1\\. n\n\n\\<b> \\&amp;"
    )


def test_a_byte_order_mark_is_no_text():
    assert to_markdown("\ufeff<p>x", URL) == "x"


def test_lone_surrogates_never_come_out():
    to_markdown("<p title='\ud800'>a\udfffb <a href='/\ud83d'>l</a>", URL).encode("utf-8")


TAGS = tuple(
    re.findall(
        r"\w+",
        """
        a annotation article aside b base blockquote body br button center code dd details div dl dt em
        fieldset figure footer form h1 h3 head header hr html i iframe img li main math nav noscript ol option
        p picture pre ruby rp script section select span strong style sub summary svg table tbody td template
        textarea th title tr ul video
        """,
    )
)
ATTRIBUTES = (
    ' class="menu x"',
    " id=sidebar",
    ' href="/x"',
    " href",
    ' href="javascript:1"',
    ' src="data:image/png;base64,A"',
    ' srcset="a 1x, b 2x"',
    ' data-src="/y"',
    " colspan=3",
    " rowspan=2",
    ' role="navigation"',
    " shadowrootmode=open",
    ' type="math/tex"',
    ' alttext="x"',
    ' class="katex"',
    ' encoding="application/x-tex"',
    ' class="language-c"',
)
TEXTS = (
    "x",
    " ",
    "&nbsp;",
    "`",
    "*",
    "\n",
    "|",
    "<!--",
    "-->",
    "]]>",
    "&#0;",
    "long enough to be a whole sentence. ",
)


def soup(seed: int, length: int) -> str:
    """Return tags in any order and nesting."""
    choose = random.Random(seed)
    parts = []
    for _ in range(length):
        kind = choose.random()
        if kind < 0.5:
            parts.append(f"<{choose.choice(TAGS)}{choose.choice(('', *ATTRIBUTES))}>")
        elif kind < 0.75:
            parts.append(f"</{choose.choice(TAGS)}>")
        else:
            parts.append(choose.choice(TEXTS))
    return "".join(parts)


@given(st.integers(0, 2**32), st.integers(1, 120), st.booleans())
def test_any_soup_of_tags_becomes_text(seed, length, main):
    to_markdown(soup(seed, length), URL, only_main_content=main).encode("utf-8")


@given(st.text(max_size=200), st.text(max_size=30))
def test_any_text_and_any_address_become_text(html, url):
    to_markdown(html, url).encode("utf-8")


@pytest.mark.parametrize("seed", range(20))
def test_writing_twice_gives_the_same(seed):
    html = soup(seed, 300)
    assert to_markdown(html, URL) == to_markdown(html, URL)
