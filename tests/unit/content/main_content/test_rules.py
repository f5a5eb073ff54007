from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content.rules import remove_boilerplate

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
        '<div class="navbar">x</div>',
        '<div id="sidebar">x</div>',
        '<div class="Sidebar wide">x</div>',
        '<div class="cookiebanner-root">x</div>',
        '<section class="social-links">x</section>',
        '<div class="share">x</div>',
        '<div class="breadcrumbs">x</div>',
        '<div class="language-selector">x</div>',
        '<div class="modal fade">x</div>',
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


def test_what_holds_much_of_the_text_stays_whatever_its_name():
    posts = "<p>" + "words of a post " * 100 + "</p>"
    html = f'<div class="widget">{posts}</div>{posts}<div class="widget">{TEXT}</div>'
    assert left(html) == f'<div class="widget">{posts}</div>{posts}'


@pytest.mark.parametrize(
    "part",
    [
        '<div class="notice menu"><p>Unplug it first.</p></div>',
        '<section id="navigation"><h2>Navigation</h2><p>How the rudder works.</p></section>',
        '<div id="menu"><h2>Starters</h2><p>Leek soup 6.50</p></div>',
        '<aside class="sidebar"><h2>Needs</h2><ul><li>240 g <a href=/f>flour</a><li>salt, yeast</ul></aside>',
        "<footer>Tried by Kim on the second of May, rated four of five.</footer>",
        "<nav><p>Yes, down to two metres.</p></nav>",
        '<div class="social"><blockquote>The power will be back at nine.</blockquote></div>',
    ],
)
def test_what_stands_in_the_article_and_has_a_text_of_its_own_stays(part):
    said = parse(part).text
    assert said in body_of(parse(left(f"<article>{TEXT}{part}{TEXT}</article>"))).text


@pytest.mark.parametrize(
    "part",
    [
        '<aside class="sidebar"><a href=/1>One story</a> <a href=/2>Another</a></aside>',
        '<div class="social"><a href=/f>Follow us</a></div>',
        "<nav><a href=/1>One</a></nav>",
        '<div class="widget"><p>Write to us</p><input type=email></div>',
        '<div id="taboola-below"><p>Doctors are astonished</p></div>',
        "<footer>More: <a href=/1>One story of the week</a></footer>",
    ],
)
def test_lists_of_links_and_forms_in_the_article_go(part):
    assert left(f"<article>{TEXT}{part}{TEXT}</article>") == f"<article>{TEXT}{TEXT}</article>"


def test_a_sheet_that_the_button_before_it_opens_is_read_but_no_layer_over_the_page():
    said = "<p>Thrown from stoneware, glazed inside only.</p>"
    sheet = f'<button>Details</button><div role="dialog" aria-modal="false">{said}</div>'
    assert (
        left(f"<main>{TEXT}<section>{sheet}</section></main>")
        == f"<main>{TEXT}<section>{sheet}</section></main>"
    )
    over = f'<button>Details</button><div role="dialog" aria-modal="true">{said}</div>'
    elsewhere = f'<div role="dialog">{said}</div>'
    for gone in (over, elsewhere):
        assert said not in left(f"<main>{TEXT * 6}<section>{gone}</section></main>")


def test_what_holds_much_of_the_text_is_read_though_it_is_a_dialog():
    posts = "<p>" + "what the shirt is made of " * 20 + "</p>"
    assert left(f"<div role=dialog>{posts}</div>{TEXT}") == f'<div role="dialog">{posts}</div>{TEXT}'


def test_spared_elements_stay():
    body = body_of(parse("<nav>x</nav><nav>y</nav>"))
    first = body.select("nav")[0]
    remove_boilerplate(body, frozenset({first}))
    assert body.inner_html == "<nav>x</nav>"


@pytest.mark.parametrize("names", ['class="Wide SIDEBAR"', 'id="SideBar"', 'class="x" id="breadcrumbs"'])
def test_names_of_furniture_are_known_in_any_case(names):
    assert "gone" not in left(f"<main>{TEXT}</main><div {names}><a href=/x>gone</a></div>")
