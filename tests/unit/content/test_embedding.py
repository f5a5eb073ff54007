from __future__ import annotations

import pytest

from webkiln.content import to_markdown

URL = "https://site.test/a/page.html"


def written(html: str) -> str:
    return to_markdown(html, URL)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<iframe src='https://www.youtube-nocookie.com/embed/abcd1234?rel=0' title=Kiln></iframe>",
            "[Kiln](https://www.youtube.com/watch?v=abcd1234)",
        ),
        ("<iframe src='//player.vimeo.com/video/1234567'></iframe>", "[1234567](https://vimeo.com/1234567)"),
        (
            "<iframe data-src='https://www.dailymotion.com/embed/video/x8abcd' src='about:blank'></iframe>",
            "[x8abcd](https://www.dailymotion.com/video/x8abcd)",
        ),
        (
            "<iframe src='https://open.spotify.com/embed/episode/1' title='An hour of clay'></iframe>",
            "[An hour of clay](https://open.spotify.com/embed/episode/1)",
        ),
        (
            "<iframe src='https://tv.example/p/1' allow='autoplay; fullscreen' title='Our film'></iframe>",
            "[Our film](https://tv.example/p/1)",
        ),
        ("<video src='/v/one.mp4'>old browser</video>", "[one.mp4](https://site.test/v/one.mp4)"),
        (
            "<audio title='Bell'><source src='b.ogg'><source src='b.mp3'></audio>",
            "[Bell](https://site.test/a/b.ogg)",
        ),
    ],
)
def test_players_are_links(html, markdown):
    assert written(f"<p>x</p>{html}") == f"x\n\n{markdown}"


@pytest.mark.parametrize(
    "html",
    [
        "<iframe src='https://ads.example/banner?x=1'></iframe>",
        "<iframe src='https://www.googletagmanager.com/ns.html?id=1' title='tag'></iframe>",
        "<iframe></iframe>",
        "<video></video>",
        "<iframe src='javascript:void(0)' title=x allowfullscreen></iframe>",
    ],
)
def test_frames_that_play_nothing_go(html):
    assert written(f"<p>x</p>{html}") == "x"


@pytest.mark.parametrize(
    "html",
    [
        "<form action='/cart/add'><select name=size><option>S<option>M</select></form>",
        "<div class='product-kind'><p><select><option value=''>Choose<option>S<option>M</select></div>",
        "<table class='variations'><tr><td><select id=size><option>S<option>M</select></table>",
        "<div itemtype='https://schema.org/Product'><select><option>S<option>M</select></div>",
    ],
)
def test_the_choices_of_a_product_are_said(html):
    assert "S, M" in written(f"<p>x</p>{html}")


@pytest.mark.parametrize(
    "html",
    [
        "<select><option>Deutsch<option>English</select>",
        "<form action='/search'><select name=sort><option>Newest<option>Cheapest</select></form>",
        "<form class='product-form'><select>" + "<option>Land" * 200 + "</select></form>",
    ],
)
def test_other_choices_go(html):
    assert written(f"<p>x</p>{html}") == "x"
