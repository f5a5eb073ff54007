from __future__ import annotations

import pytest

from webkiln.content import to_markdown
from webkiln.content.lazy_images import is_placeholder

PROSE = "<p>The mill was built of brick, and its wheel has turned a single stone since the canal was dug.</p>"


def read(html):
    page = f"<html><body><main><h1>Mill</h1>{PROSE}{html}{PROSE * 2}</main></body></html>"
    return to_markdown(page, "http://site.test/")


REAL = "http://site.test/real.webp"


@pytest.mark.parametrize(
    "html",
    [
        '<img data-whatever="/real.webp">',
        '<img src="data:image/gif;base64,R0lGOD" data-thumb="/t.jpg" data-full-url="/real.webp?w=9">',
        '<img src="/img/blank.gif" data-cfsrc="//site.test/real.webp">',
        '<img src="#" data-my-set="/small.webp 300w, /real.webp 900w">',
        '<amp-img src="/real.webp"><noscript><img src="/real.webp"></noscript></amp-img>',
        '<amp-img srcset="/small.webp 300w, /real.webp 900w" layout="fill"></amp-img>',
        '<noscript><img src="/real.webp"></noscript><img class="lazy" src="data:image/png;base64,AA">',
        '<span><img src="data:image/svg+xml,%3Csvg%3E"></span><noscript><img src="/real.webp"></noscript>',
        '<noscript><img src="/real.webp"></noscript><img class="lazy" data-src="/real.webp">',
    ],
)
def test_a_lazy_image_has_its_address_once_whatever_holds_it(html):
    text = read(f"<figure>{html}</figure>")
    assert text.count(REAL) == 1
    assert "Base64" not in text
    assert text.count("![") == 1


@pytest.mark.parametrize(
    "image",
    [
        '<img src="/a.jpg" data-other="/b.jpg">',
        '<img src="/a.jpg" data-page="/gallery/b.png.html">',
        '<img src="/a.jpg" alt="b.jpg" title="/b.jpg">',
    ],
)
def test_an_image_that_is_shown_keeps_its_address(image):
    assert "http://site.test/a.jpg" in read(image)


@pytest.mark.parametrize(
    "image",
    [
        '<img src="http://t.test/count.gif" width="1" height="1">',
        '<img src="http://t.test/count.gif" width="0" height="0" alt="">',
        '<img src="http://t.test/count.gif" style="border:0; width:1px; height:1px">',
        '<noscript><img src="http://t.test/count.gif" height="1" width="1"></noscript>',
    ],
)
def test_images_that_count_readers_go(image):
    assert "t.test" not in read(image)


def test_two_pictures_side_by_side_stay_two():
    text = read('<noscript><img src="/a.png"></noscript><img src="/b.png">')
    assert "a.png" in text
    assert "b.png" in text


def test_a_thin_line_of_an_image_stays():
    assert "rule.png" in read('<img src="/rule.png" width="600" height="1">')


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        ("/img/blank.gif", True),
        ("/img/Blank_Tile.GIF?v=2", True),
        ("https://cdn.test/lazy-loader.svg", True),
        (" ", True),
        ("DATA:image/gif;base64,AA", True),
        ("about:blank", True),
        ("/blank/wheel.jpg", False),
        ("/pixel" + "l" * 31 + ".jpg", False),
        ("/" + "w" * 100_000 + "blank", True),
        ("wheel.jpg", False),
    ],
)
def test_an_image_that_waits_for_another_is_known_by_the_end_of_its_address(source, waits):
    assert is_placeholder(source) is waits
