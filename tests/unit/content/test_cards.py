from __future__ import annotations

import pytest

from webkiln.content import to_markdown

PROSE = "<p>The mill was built of brick, and its wheel has turned a single stone since the canal was dug.</p>"


def read(html):
    page = f"<html><body><main><h1>Mill</h1>{PROSE}{html}{PROSE * 2}</main></body></html>"
    return to_markdown(page, "http://site.test/")


@pytest.mark.parametrize(
    ("card", "heading"),
    [
        ('<a href="/w"><h3>Wheel</h3><p>Four metres wide.</p></a>', "### [Wheel](http://site.test/w)"),
        (
            '<a href="/w"><div><img src="/w.jpg" alt=""><h4>Wheel</h4></div><span>oak</span></a>',
            "#### [Wheel](http://site.test/w)",
        ),
        (
            '<li><a href="/w" title="See it"><h2>The <b>wheel</b></h2><time>May</time></a></li>',
            '## [The **wheel**](http://site.test/w "See it")',
        ),
        ("<a><h3>Wheel</h3><p>Four metres.</p></a>", "### Wheel"),
        ('<h3><a href="/w">Wheel</a></h3>', "### [Wheel](http://site.test/w)"),
    ],
)
def test_the_heading_of_a_card_is_a_heading_with_the_link(card, heading):
    assert heading in read(card)


def test_a_card_says_its_address_once():
    card = '<a href="/w"><h3>Wheel</h3><p>oak</p><h4>Size</h4></a>'
    assert read(card).count("/w)") == 1


@pytest.mark.parametrize("second", [1, 2, 4, 5, 6])
@pytest.mark.parametrize("first", [1, 2, 4, 5, 6])
def test_the_link_goes_into_the_heading_that_comes_first_whatever_their_ranks(first, second):
    card = f'<a href="/w"><h{first}>Wheel</h{first}><h{second}>Size</h{second}></a>'
    text = read(card)
    assert f"{'#' * first} [Wheel](http://site.test/w)\n" in text
    assert f"\n{'#' * second} Size\n" in text
