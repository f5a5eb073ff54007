from __future__ import annotations

import pytest

from webkiln.content import to_markdown


def written(html: str, *, main: bool = False) -> str:
    return to_markdown(f"<body>{html}", "https://site.test/a/b", only_main_content=main)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<form>a</form><form>b</form>", "a\n\nb"),
        ("<center>a</center>b", "a\n\nb"),
        ("<fieldset><legend>a</legend>b</fieldset>", "a\n\nb"),
        ("<hgroup><h1>a</h1><p>b</p></hgroup>", "# a\n\nb"),
        ("<xmp><b>x</b></xmp>", "```\n<b>x</b>\n```"),
        ("a<listing>b</listing>", "a\n\n```\nb\n```"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)"),
        ("x<svg><title>t</title><text>s</text></svg>", "x"),
        ("x<select><option>a<option>b</select><textarea>t</textarea>", "x"),
        (
            "x<video>Your browser is old</video><audio>a</audio><canvas>c</canvas><iframe src=/y></iframe>",
            "x",
        ),
    ],
)
def test_boxes_stand_apart_and_what_is_no_text_is_silent(html, markdown):
    assert written(html) == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<a href=/x>t</a>", "[t](https://site.test/x)"),
        ("a <a href=/x></a>b <a href=/y><i class=icon></i></a>c", "a b c"),
        ("<a href=/x><img src=/i.png alt=i></a>", "[![i](https://site.test/i.png)](https://site.test/x)"),
        ("<a href='javascript:x()'>t</a>", "t"),
        ("<a href=' JavaScript:x()'>t</a>", "t"),
        ("<a href='data:text/html,x'>t</a>", "t"),
        ("<a href=''>t</a>", "t"),
        ("<a name=x>t</a>", "t"),
        ("<a href=' \t/x\n'>t</a>", "[t](https://site.test/x)"),
        ("<a href='http://[::1'>t</a> <a href=//>u</a>", "t u"),
        ("<a href=mailto:a@b.test>m</a> <a href=tel:1>p</a>", "[m](mailto:a@b.test) [p](tel:1)"),
        ("<a href='#main'>Skip to content</a>x", "x"),
        ("<a href='/help#skip'>Skip to the good part</a>", ""),
        ("<a href='/x y'>t</a>", "[t](https://site.test/x%20y)"),
        ("<a href=/x>one<br>two</a>", "[one  \ntwo](https://site.test/x)"),
        ("<a href=/card><h3>Card</h3><p>Text</p></a>", "### [Card](https://site.test/card)\n\nText"),
    ],
)
def test_links(html, markdown):
    assert written(html) == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h2>T<a class=headerlink href='#t'>¶</a></h2>", "## T"),
        ("<h2><a href='#t'>#</a>T</h2>", "## T"),
        ("<h2><a href='/t'>T</a></h2>", "## [T](https://site.test/t)"),
        ("<h2> <i></i></h2>x", "x"),
        ("<h2><img src=/i.png alt=T></h2>", "## ![T](https://site.test/i.png)"),
    ],
)
def test_headings(html, markdown):
    assert written(html) == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<img src=i.png alt=A title=T>", '![A](https://site.test/a/i.png "T")'),
        ("x<img alt=A>", "x"),
        ("x<img src='' alt=A>", "x"),
        ("<img src='data:image/png;base64,AAAA' alt=A>", "![A](<Base64-Image-Removed>)"),
        ("<img src='DATA:image/png;base64,AAAA' alt=A>", "![A](<Base64-Image-Removed>)"),
        (
            "<img src='data:image/png;base64,AAAA'><p>Base64-Image-Removed",
            "![](<Base64-Image-Removed>)\n\nBase64-Image-Removed",
        ),
    ],
)
def test_images(html, markdown):
    assert written(html) == markdown


@pytest.mark.parametrize(
    ("html", "main", "whole"),
    [
        ("x<button>Buy</button>", "x", "x\n\nBuy"),
        ("<h3><button>Why?</button></h3>x", "### Why?\n\nx", "### Why?\n\nx"),
        (
            "<button>How do I return what I bought?</button>x",
            "How do I return what I bought?\n\nx",
            "How do I return what I bought?\n\nx",
        ),
    ],
)
def test_short_buttons_are_no_content(html, main, whole):
    assert written(html, main=True) == main
    assert written(html) == whole


@pytest.mark.parametrize(
    ("html", "main"),
    [
        ("<button role=tab>Rust</button><button role=tab>Go</button>", "Rust\n\nGo"),
        ("<div><button aria-expanded=false>Is it safe?</button></div><div>Yes.</div>", "Is it safe?\n\nYes."),
        ("<button aria-controls=p>Care</button><div id=p>By hand.</div>", "Care\n\nBy hand."),
        ("<button>$ 34.00</button>", "$ 34.00"),
        ("x<button aria-expanded=false aria-haspopup=true>File</button><div>y</div>", "x\n\ny"),
        ("x<button aria-expanded=false>Menu</button><div>y</div>", "x\n\ny"),
        ("x<button>Add to cart</button><div>y</div>", "x\n\ny"),
    ],
)
def test_buttons_that_name_what_they_open_are_content(html, main):
    assert written(html, main=True) == main


@pytest.mark.parametrize(
    "link",
    [
        "<a href=#main>Zum Inhalt</a>",
        "<a class=skip-link href=#x>\n Ga naar de tekst\n</a>",
        "<a href=#contenido-principal>Saltar</a>",
        "<a class=skiplink href=#c>跳到正文</a>",
    ],
)
def test_links_past_the_navigation_go(link):
    assert written(f"{link}<p>x</p>") == "x"


@pytest.mark.parametrize(
    "link", ["<a class=back-to-top href=#a>Nach oben</a>", "<a href=#top>Haut de page</a>"]
)
def test_links_back_to_the_top_go(link):
    links = "<a href=/x>x</a> " * 12
    assert "top" not in written(f"<p>{links}</p>{link}")
    assert "Nach" not in written(f"<p>{links}</p>{link}")


def test_other_links_within_the_page_stay():
    assert written("<p>see <a href=#skills>our skills</a> and <a href=#n1>note</a></p>").count("](") == 2
