from __future__ import annotations

import pytest

from webkiln.content import to_markdown

PROSE = "<p>The mill was built of brick, and its wheel has turned a single stone since the canal was dug.</p>"


def read(html):
    page = f"<html><body><main><h1>Mill</h1>{PROSE}{html}{PROSE * 2}</main></body></html>"
    return to_markdown(page, "http://site.test/")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>2<sup>10</sup> sacks</p>", "2¹⁰ sacks"),
        ("<p>10<sup>-6</sup> m</p>", "10^-6 m"),
        ("<p>(a+b)<sup>n+1</sup></p>", "(a+b)^(n+1)"),
        ("<p>12 m<sup><b>3</b></sup></p>", "12 m³"),
        ("<p>CO<sub>2</sub> and log<sub>10</sub>7</p>", "CO₂ and log₁₀7"),
        ("<p>3<sup>1</sup>&frasl;<sub>4</sub> cups</p>", "3 1/4 cups"),
        ("<p><sup>2</sup>/<sub>3</sub> full</p>", "2/3 full"),
        ("<p>€ 7<sup>95</sup></p>", "€ 7.95"),
        ("<p>the 1<sup>st</sup> and 2<sup>e</sup> mill</p>", "the 1st and 2e mill"),
        ("<p>Mill<sup>TM</sup></p>", "MillTM"),
        ("<p><ruby>粉<rt>こな</rt></ruby></p>", "粉(こな)"),
        ("<p><ruby>粉<rp>[</rp><rt>こな</rt><rp>]</rp></ruby></p>", "粉[こな]"),
    ],
)
def test_what_stands_higher_or_lower_keeps_its_meaning(html, text):
    assert text in read(html).replace("\\[", "[").replace("\\]", "]")


def test_a_raised_note_stays_a_link():
    assert "Brick[[4]](http://site.test/#n4)" in read('<p>Brick<sup><a href="#n4">[4]</a></sup></p>').replace(
        "\\", ""
    )
