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
        ('<p>Fine <img src="/e/1f44d.png" alt="👍🏽" class="smiley"> work</p>', "Fine 👍🏽 work"),
        ('<p><img src="/e/2764.svg" alt="❤️"> mill</p>', "❤️ mill"),
        ("<dl><dt>Sluice</dt><dd>lets water in</dd></dl>", "**Sluice**\n"),
        ("<dl><dt><b>Sluice</b></dt><dd>lets water in</dd></dl>", "**Sluice**\n"),
        ("<p>Müh&shy;len&shy;rad</p>", "Mühlenrad"),
        ('<p><img src="/i.png" alt="Two\r\n\r\nlines"></p>', "![Two lines]"),
        ('<p><a href="/t" title="One\n\nTwo">go</a></p>', '[go](http://site.test/t "One Two")'),
        ("<p>$$\\alpha_1 * \\beta_{2} * 3$$</p>", "$$\\alpha_1 * \\beta_{2} * 3$$"),
    ],
)
def test_small_things_say_what_they_show(html, text):
    assert text in read(html)


def test_dollars_around_what_is_no_tex_keep_their_backslashes():
    assert r"$$\\\*$$" in read(r"<p>$$\*$$</p>")


@pytest.mark.parametrize(
    "html",
    [
        "<ol><li> </li><li>grain</li></ol>",
        "<ul><li>grain<ul><li></li></ul></li></ul>",
        '<ul><li><a href="/f"><svg></svg></a></li><li>grain</li></ul>',
        "<ul><li><ul><li><span>&nbsp;</span></li></ul></li><li>grain</li></ul>",
    ],
)
def test_list_items_without_anything_go(html):
    lines = [line.strip() for line in read(html).splitlines()]
    assert not {"-", "1.", "2."} & set(lines)
    assert any(line.endswith("grain") for line in lines)


def test_an_item_with_an_image_alone_stays():
    assert "- ![]" in read('<ul><li><img src="/stone.jpg"></li></ul>')


def test_an_image_with_a_word_for_alt_stays_an_image():
    assert "![mill](http://site.test/m.png)" in read('<p><img src="/m.png" alt="mill"></p>')
