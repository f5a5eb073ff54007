from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content.units import TooNested, divide


def texts(html: str) -> list[str]:
    return [" ".join(unit.text.split()) for unit in divide(body_of(parse(html))).units]


LONG = "words that make a box long enough to be looked into " * 3


@pytest.mark.parametrize(
    ("html", "units"),
    [
        ("<p>One<p>Two", ["One", "Two"]),
        ("<div>small <p>box</div>", ["small box"]),
        (f"<div><h2>Title</h2><p>{LONG}</div>", ["Title", LONG.strip()]),
        (f"loose <b>text</b><p>{LONG}", ["loose text", LONG.strip()]),
        ("<ul><li>short<li>entries</ul>", ["shortentries"]),
        (f"<ul><li><p>{LONG * 2}</p><li><p>{LONG * 2}</ul>", [(LONG * 2).strip()] * 2),
        ("<div> <p> </p><img src=x></div>x", ["x"]),
        (f"<span><div><p>{LONG}</p><p>{LONG}</p></div></span>", [LONG.strip()] * 2),
        (
            "<a href=/1><h3>Card</h3><p>Text</p></a><a href=/2><h3>Card</h3><p>Two</p></a>",
            ["CardText", "CardTwo"],
        ),
        ("", []),
    ],
)
def test_a_page_is_a_row_of_units(html, units):
    assert texts(html) == units


def test_containers_know_their_units_and_how_many_are_alike():
    card = f"<div class=card><h2>T</h2><p>{LONG}</p></div>"
    division = divide(body_of(parse(f"<h1>Cards</h1><main>{card * 3}</main>")))
    assert [unit.names[0] for unit in division.units] == ["h1", *["h2", "p"] * 3]
    main, *cards = division.containers[1:]
    assert (main.first, main.end) == (1, 7)
    assert [(card.first, card.end, card.twins) for card in cards] == [(1, 3, 3), (3, 5, 3), (5, 7, 3)]


def test_links_are_measured():
    [unit] = divide(body_of(parse("<p>see <a href=/x>this</a> and <a href=/y>that</a>"))).units
    assert (unit.linked, len(unit.text)) == (8, 17)


@pytest.mark.parametrize(
    "name", ["id=onetrust-consent-sdk", "class=qc-cmp2-container", "id=sp_message_container_77"]
)
def test_boxes_of_vendors_are_no_units(name):
    division = divide(body_of(parse(f"<div {name}><p>We value your privacy.</p></div><p>x")))
    assert [unit.text for unit in division.units] == ["x"]
    assert [box.text for box in division.overlays] == ["We value your privacy."]


def test_boxes_around_the_title_are_never_a_vendors():
    assert texts("<div class=sponsored-page><h1>T</h1></div>") == ["T"]


def test_boxes_deep_in_boxes_are_read_as_a_whole():
    html = "<div>" * 2_000 + f"<p>{LONG}<p>{LONG}"
    assert texts(html) == [" ".join((LONG + LONG).split())]


def test_pages_that_would_be_measured_over_and_over_are_not_divided():
    with pytest.raises(TooNested):
        texts("<div>x" * 50_000)
