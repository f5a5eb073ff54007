from __future__ import annotations

import pytest

from webkiln.content import to_markdown

PROSE = "<p>The mill was built of brick, and its wheel has turned a single stone since the canal was dug.</p>"


def read(html):
    page = f"<html><body><main><h1>Mill</h1>{PROSE}{html}{PROSE * 2}</main></body></html>"
    return to_markdown(page, "http://site.test/")


@pytest.mark.parametrize(
    ("html", "together"),
    [
        ('<div><span class="badge">New</span><span class="badge">Sale</span></div>', "NewSale"),
        ("<form><label>Name</label><label>Street</label></form>", "NameStreet"),
        ("<p><output>17</output><output>sacks</output></p>", "17sacks"),
        ('<div><span role="term">Wheel</span><span role="listitem">oak</span></div>', "Wheeloak"),
        ('<p><span class="spec-k">Width</span><span class="spec-v">3 m</span></p>', "Width3"),
        ('<p><span class="x-label">Stone</span><span class="x-value">granite</span></p>', "Stonegranite"),
        ('<p><span style="display:inline-block">Flour</span><span>Bran</span></p>', "FlourBran"),
    ],
)
def test_labels_side_by_side_do_not_run_together(html, together):
    assert together not in read(html)


@pytest.mark.parametrize(
    ("html", "word"),
    [
        ('<p><span class="dropcap">T</span><span class="rest">he</span> wheel</p>', "The wheel"),
        ("<p><span>mill</span><span>stone</span></p>", "millstone"),
        ('<p><span class="a">mill</span><span class="b">stone</span></p>', "millstone"),
        ('<p><span class="currency">$</span><span class="price">12</span></p>', "$12"),
        ('<p><code><span class="nx">grind</span><span class="Value">Flour</span></code></p>', "grindFlour"),
    ],
)
def test_pieces_of_one_word_stay_one_word(html, word):
    assert word in read(html).replace("\\$", "$")
