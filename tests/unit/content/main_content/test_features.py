from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content import features
from webkiln.content.main_content.units import divide

PROSE = (
    "What the reader came for, told in sentences that are long enough to be taken for prose by anyone. " * 2
)
PAGE = f"""
<nav class=site-nav><ul><li><a href=/1>One</a><li><a href=/2>Two</a></ul></nav>
<main><h1>Title</h1><div class=post><p>{PROSE}</p><p>{PROSE}</p></div></main>
<footer>Imprint <a href=/i>of the house</a></footer>
"""


def measured(html: str, score=lambda _: (0.0, 0.0)) -> list[dict[str, float]]:
    division = divide(body_of(parse(html)))
    rows = features.measure(division.units, division.containers, score)
    return [dict(zip(features.NAMES, row, strict=True)) for row in rows]


def test_what_is_measured_of_a_page():
    nav, title, first, _, foot = measured(PAGE)
    assert (nav["link_share"], title["link_share"], first["link_share"]) == (1.0, 0.0, 0.0)
    assert 0 < foot["link_share"] < 1
    assert nav["named_boilerplate"] == 1
    assert (first["in_main"], foot["in_main"], foot["in_footer"]) == (1, 0, 0)
    assert (first["ends_sentence"], title["ends_sentence"]) == (True, False)
    assert (first["centre_distance"], title["centre_distance"], nav["centre_distance"]) == (0, -1, -1)
    assert first["parent_prose_share"] == 1.0
    assert first["repeated"] == 2
    assert (title["kind"], first["kind"]) == (1, 5)
    assert nav["from_title"] < 0 < foot["from_title"]


def test_names_of_a_unit_and_around_it_are_scored():
    scores = {"post": (0.4, 0.3), "site-nav": (-0.4, -0.5)}
    nav, _, first, _, _ = measured(PAGE, lambda names: scores.get(names[1], (0.0, 0.0)))
    assert (first["parent_score"], first["path_highest"], first["own_score"]) == (0.4, 0.4, 0.0)
    assert (nav["own_score"], nav["path_lowest"]) == (-0.4, -0.5)


def test_a_page_without_text_has_no_rows():
    assert measured("<img src=x>") == []


@pytest.mark.parametrize("html", ["x", "<p>,", "<a href=x>y</a>" * 3, "<h1>t</h1>"])
def test_any_page_has_a_full_row_for_each_unit(html):
    assert all(len(row) == len(features.NAMES) for row in measured(html))
