from __future__ import annotations

import time

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.images import absolute, body_images, head_images, largest_candidate, settle_images


@pytest.mark.parametrize(
    ("srcset", "largest"),
    [
        ("a.png", "a.png"),
        ("a.png 1x, b.png 2x", "b.png"),
        ("b.png 2x, a.png", "b.png"),
        ("s.jpg 300w,\n  l.jpg 1200w,\n  m.jpg 600w", "l.jpg"),
        ("/i,w_300/a.png 300w, /i,w_900/a.png 900w", "/i,w_900/a.png"),
        (" , a.png 1.5x , ", "a.png"),
        ("a.png 1x, a.png 1x", "a.png"),
        ("", None),
        (" ,, ", None),
        ("a.png 1.2.3x, b.png 1x", "b.png"),
    ],
)
def test_the_largest_candidate_of_a_srcset(srcset, largest):
    assert largest_candidate(srcset) == largest


@pytest.mark.parametrize(
    "srcset", ["," * 200_000, " " * 200_000, "a" * 200_000, "a.png 1x, " * 50_000, ", " * 100_000]
)
def test_srcsets_of_any_size_are_read_in_linear_time(srcset):
    started = time.process_time()
    largest_candidate(srcset)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("image", "source"),
    [
        ('<img src="a.png">', "a.png"),
        ('<img src="a.png" srcset="b.png 1x, c.png 2x">', "c.png"),
        ('<img src="data:image/gif;base64,R0" data-src="real.png">', "real.png"),
        ('<img src="small.png" data-original="large.png">', "large.png"),
        ('<img data-srcset="b.png 300w, c.png 600w" data-src="a.png">', "c.png"),
        ('<img src="a.png" srcset="data:image/gif;base64,R0 1x">', "a.png"),
        ('<img src="a.png" data-src="{{url}}">', "a.png"),
        ('<img src="a.png" data-src="">', "a.png"),
        ('<picture><source srcset="b.webp 2x, c.webp 3x"><img></picture>', "c.webp"),
        ('<picture><source data-srcset="b.webp"><img src="/placeholder.gif"></picture>', "b.webp"),
        ('<picture><source srcset="b.webp"><img src="a.png"></picture>', "a.png"),
    ],
)
def test_an_image_gets_its_best_address(image, source):
    body = body_of(parse(image))
    settle_images(body)
    assert [found.attr("src") for found in body.select("img")] == [source]


def test_all_images_of_a_body():
    body = body_of(
        parse(
            '<img src="a.png" srcset="b.png 1x, c.png 2x" data-src="d.png">'
            '<picture><source srcset="e.webp"><img src="data:image/gif;base64,R0"></picture>'
            '<video poster="f.jpg" src="g.mp4"></video>'
            """<div style="background-image: url('h.jpg')"></div>"""
        )
    )
    assert body_images(body) == ["a.png", "d.png", "b.png", "c.png", "e.webp", "g.mp4", "f.jpg", "h.jpg"]


def test_images_that_the_head_names():
    tree = parse(
        '<meta property="og:image" content="/og.png"><meta property="og:image:width" content="1200">'
        '<meta name="twitter:image" content="/tw.png"><link rel="shortcut icon" href="/f.ico">'
        '<link rel="apple-touch-icon-precomposed" href="/t.png"><link rel="stylesheet" href="/s.css">'
    )
    assert head_images(tree) == ["/og.png", "/tw.png", "/f.ico", "/t.png"]


def test_addresses_are_resolved_once_each_and_only_web_ones_stay():
    found = absolute(
        ["a.png", "/docs/a.png", "data:image/png;base64,AA", "http://[bad", " b.png ", "//c.test/c"],
        "https://s.test/docs/",
    )
    assert found == ["https://s.test/docs/a.png", "https://s.test/docs/b.png", "https://c.test/c"]
