from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content import remove_boilerplate

TEXT = "<p>The text of the page, which is what a reader came for.</p>"


def left(html: str) -> str:
    body = body_of(parse(html))
    remove_boilerplate(body)
    return body.inner_html


@pytest.mark.parametrize(
    "part",
    [
        "<nav>x</nav>",
        "<header>x</header>",
        "<footer>x</footer>",
        "<aside><a href=/x>x</a></aside>",
        "<dialog open>x</dialog>",
        "<div role=navigation>x</div>",
        "<div role=Dialog>x</div>",
        "<ul role=menubar><li>x</ul>",
        '<div class="site-nav">x</div>',
        '<div id="sidebar">x</div>',
        '<div class="left-sidebar">x</div>',
        '<div class="cookieBanner">x</div>',
        '<section class="b-related_posts">x</section>',
        '<div class="c-shareBar">x</div>',
        '<div class="breadcrumbs">x</div>',
        '<form class="newsletter-form">x</form>',
        '<div class="modal fade">x</div>',
        '<div id="comments">x</div>',
    ],
)
def test_parts_that_are_named_as_boilerplate_go(part):
    assert left(part + TEXT) == TEXT


@pytest.mark.parametrize(
    "part",
    [
        "<article><header><h2>x</h2></header></article>",
        "<main><header>x</header></main>",
        "<blockquote>x<footer>who said it</footer></blockquote>",
        "<aside>A remark on the text.</aside>",
        '<div class="has-sidebar">x</div>',
        '<div class="no-nav">x</div>',
        '<div class="content-navigator-text">x</div>',
        '<div class="barchart">x</div>',
        '<div class="main-content">x</div>',
        '<pre><code class="language-nav"><span class="menu">x</span></code></pre>',
        '<p class="menu">x</p>',
    ],
)
def test_parts_that_only_sound_alike_stay(part):
    html = part.replace("=main-content", '="main-content"') + TEXT
    assert left(html) == html


@pytest.mark.parametrize("inside", ["<main>x</main>", "<h1>x</h1>", "<div role='main'>x</div>"])
def test_what_holds_the_main_part_or_the_title_stays(inside):
    html = f'<div class="menu-wrapper menu">{inside}</div><div class="modal">y</div>{TEXT}'
    assert "x" in left(html)
    assert "y" not in left(html)


def test_a_header_keeps_the_title_and_loses_its_navigation():
    assert left(f"<header><nav>n</nav><h1>T</h1></header>{TEXT}") == f"<header><h1>T</h1></header>{TEXT}"


def test_what_holds_most_of_the_text_stays_whatever_its_name():
    posts = "<p>" + "words of a post " * 100 + "</p>"
    assert left(f'<div class="comments">{posts}</div>{TEXT}') == f'<div class="comments">{posts}</div>{TEXT}'
    assert left(f'<div class="comments">{posts}</div>{posts * 2}') == posts * 2


def test_spared_elements_stay():
    body = body_of(parse("<nav>x</nav><nav>y</nav>"))
    first = body.select("nav")[0]
    remove_boilerplate(body, frozenset({first}))
    assert body.inner_html == "<nav>x</nav>"
