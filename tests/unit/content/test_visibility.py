from __future__ import annotations

import time

import pytest

from webkiln.content import to_markdown
from webkiln.content.html_tree import body_of, parse
from webkiln.content.visibility import remove_unseen

PROSE = "<p>The harbour was dredged in spring, and the ferry keeps to its summer timetable all year.</p>"


def read(html, head=""):
    return to_markdown(
        f"<html><head>{head}</head><body><main><h1>Harbour</h1>{PROSE}{html}{PROSE * 2}</main></body></html>",
        "http://site.test/",
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>GHOST</p>",
        '<p style="DISPLAY : none !important">GHOST</p>',
        '<p style="color:red;visibility:collapse">GHOST</p>',
        '<div style="position:fixed;top:-5000px"><p>GHOST</p></div>',
        '<div style="position:absolute;left:-200em">GHOST</div>',
        '<b style="text-indent:-9999px">GHOST</b>',
        '<span style="position:absolute;clip:rect(1px, 1px, 1px, 1px)">GHOST</span>',
        '<span style="clip-path:inset(50%);position:absolute">GHOST</span>',
        '<div style="height:0;overflow:hidden">GHOST</div>',
        '<div style="width:1px;height:1px;overflow:hidden;position:absolute">GHOST</div>',
        '<p style="font-size:0px">GHOST</p>',
        '<p style="font-size:0"><b>GHOST</b></p>',
        '<p>Tide <span class="visually-hidden">GHOST</span> table</p>',
        '<a href="/x">Map <span class="screen-reader-text">GHOST</span></a>',
        '<span class="u-visuallyHidden">GHOST</span>',
        '<p><span class="material-icons-outlined">ghost</span> Up</p>',
        '<mat-icon class="mat-icon" role="img">ghost</mat-icon>',
        '<p><i class="icon">ghost_ship</i> Up</p>',
        '<div class="invalid-feedback">GHOST</div>',
        '<div role="alert" hidden>GHOST</div>',
        '<div class="form-error" style="display:none" id="e">GHOST</div><a href="#e">see</a>',
        "<template><p>GHOST</p></template>",
        '<p class="d-none">GHOST</p>',
        '<table><tr><th>Pier</th></tr><tr><td><span style="display:none">GHOST 007</span>7</td></tr></table>',
        '<table><tr><th>Pier</th></tr><tr><td><span class="sortkey">GHOST</span>7</td></tr></table>',
    ],
)
def test_what_no_reader_sees_is_not_in_the_text(html):
    assert "ghost" not in read(html).lower()


@pytest.mark.parametrize(
    "rules",
    [
        ".g{display:none}",
        "p { margin: 0 } /* gone */ .a, .g { display: none; }",
        "span.g,b.g,p.g{visibility:hidden}",
        "@media screen and (min-width: 800px){.h{color:red}.g{display:none}}",
        ".g { color: red; position: absolute; left: -9999px }",
        "@media (max-width:600px){.g{display:block}} .g{display:none}",
        "@media print{.g{display:block}}\n.g{clip:rect(0,0,0,0);position:absolute}",
    ],
)
def test_what_the_pages_own_rules_hide_is_not_in_the_text(rules):
    assert "GHOST" not in read('<p class="x g">GHOST</p>', f"<style>{rules}</style>")


@pytest.mark.parametrize(
    "rules",
    [
        ".g{display:none}.g.is-open{display:block}",
        ".g{display:none} input:checked ~ .g { display : block }",
        "@media print{.g{display:none}}",
        "@media (max-width: 40em){.g{display:none}}",
        ".g{display:none}@media (min-width:60em){.g{display:flex}}",
        "nav .g{display:none}",
        ".gg{display:none}",
        ".g:empty{display:none}",
        ".g{color:red}",
    ],
)
def test_what_a_rule_hides_elsewhere_or_only_for_a_while_stays(rules):
    assert "SEEN" in read('<p class="x g">SEEN</p>', f"<style>{rules}</style>")


@pytest.mark.parametrize(
    "html",
    [
        '<div role="tabpanel" aria-labelledby="t" style="display:none"><p>SEEN</p></div>',
        '<h3 aria-expanded="false">When?</h3><div hidden>SEEN</div>',
        '<button>When does it sail?</button><div style="display:none">SEEN</div>',
        '<a href="#late">Late boats</a><div id="late" style="display:none">SEEN</div>',
        '<span data-bs-target="#late">Late</span><div id="late" hidden>SEEN</div>',
        '<div class="c-accordion"><b>When?</b><div style="height:0;overflow:hidden">SEEN</div></div>',
        '<div class="swiper"><div><div style="visibility:hidden">SEEN</div></div></div>',
        '<div class="faq-item"><p>When?</p><div style="max-height:0;overflow:hidden">SEEN</div></div>',
        '<p>The pier<span id="more" style="display:none"> SEEN</span></p>',
        '<div hidden="until-found">SEEN</div>',
        '<div hidden id="S:2"><p>SEEN</p></div>',
        "<details><summary>Fares</summary><p>SEEN</p></details>",
        '<label for="q">When?</label><div style="display:none">SEEN</div>',
        '<p style="display:block;font-size:12px;left:-9999px">SEEN</p>',
        '<div style="font-size:0"><div style="font-size:16px">SEEN</div></div>',
        '<div style="font-size:0"><div class="col">SEEN</div></div>',
        '<p class="d-none d-md-block">SEEN</p>',
        '<p class="hidden lg:flex">SEEN</p>',
        '<p><span class="iconic">SEEN</span></p>',
        '<p aria-hidden="true">SEEN</p>',
        '<p style="opacity:0;transition:opacity 1s">SEEN</p>',
        '<p class="icon">SEEN and heard</p>',
        '<p class="navbar-note">SEEN</p>',
    ],
)
def test_what_opens_on_a_click_or_may_be_seen_stays(html):
    assert "SEEN" in read(html)


def test_a_page_that_hides_itself_until_its_script_has_run_stays():
    page = f'<body style="visibility:hidden"><div id="app" style="display:none">{PROSE * 9}</div></body>'
    assert "ferry" in to_markdown(page, "http://site.test/")


def test_a_price_said_for_the_ear_is_kept_whole_and_its_pieces_go():
    price = (
        '<p><span class="a-offscreen">$12.99</span><span aria-hidden="true">$<b>12</b><i>99</i></span></p>'
    )
    assert "\n$12.99\n" in read(price)


def test_the_stroke_of_a_fraction_stays_though_it_is_for_the_ear():
    assert "1/2" in read('<p><span>1</span><span class="sr-only">/</span><span>2</span></p>')


@pytest.mark.parametrize(
    "mark",
    [
        '<h2>Piers<span class="mw-editsection">[<a href="/w?action=edit">GHOST</a>]</span></h2>',
        '<div class="navbar plainlinks hlist"><ul><li>GHOST</li></ul></div>',
        '<p><span class="mw-cite-backlink">GHOST</span> Harbour Board, 1911</p>',
        '<div class="printfooter">GHOST</div>',
        '<table class="navbox"><tr><td>GHOST</td></tr></table>',
    ],
)
def test_the_marks_of_a_wiki_for_those_who_write_it_go(mark):
    assert "GHOST" not in read(mark)


def test_a_link_to_a_wiki_page_that_is_not_written_yet_keeps_its_text():
    assert "Old pier" in read('<p>The <a class="new" href="/w?title=Old&action=edit">Old pier</a></p>')


def test_what_a_request_names_stays_though_it_is_hidden():
    tree = parse("<body><p hidden>named</p><p hidden>other</p></body>")
    body = body_of(tree)
    remove_unseen(tree, body, frozenset(body.select("p")[:1]))
    assert body.text == "named"


@pytest.mark.parametrize(
    "page",
    [
        "<style>" + ".a{display:none}" * 20_000 + "</style>" + '<p class="a b">x</p>' * 5_000,
        "<style>" + "display:none" * 25_000 + "</style><p class=a>x</p>",
        "<style>" + "@media{.a" * 30_000 + "{display:none}</style>" + '<p class="a">x</p>' * 1_000,
        "<style>.a{display:none}" + ".a" * 100_000 + '</style><p class="a">x</p>',
        "<div hidden>" * 20_000 + "x" * 50_000,
        '<div id="a" hidden>x</div><a href="#b">y</a>' * 10_000,
    ],
)
def test_hiding_of_any_size_is_read_in_linear_time(page):
    tree = parse(page)
    started = time.process_time()
    remove_unseen(tree, body_of(tree))
    assert time.process_time() - started < 2


def test_the_elements_that_are_looked_for_besides_come_in_their_order():
    tree = parse("<meta name=a><p>x<noscript>n</noscript><amp-img></amp-img><style>p{}</style></p>")
    found = remove_unseen(tree, body_of(tree), also=("meta", "amp-img", "noscript", "style"))
    assert [element.tag for element in found] == ["meta", "noscript", "amp-img", "style"]


@pytest.mark.parametrize(
    "name", ["x-SR-Only", "Visually-Hidden", "w-form-done", "mw-editsection", "navbar hlist"]
)
def test_names_are_known_in_any_case_and_among_others(name):
    tree = parse(f'<div class="a b {name} c"><b>gone</b></div><p class="card">kept</p>')
    remove_unseen(tree, body_of(tree))
    assert body_of(tree).text == "kept"
