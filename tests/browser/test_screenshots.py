"""Pictures of pages: their pixels, their sizes, and where they are."""

import re
import struct

import pytest

from browser.png import read_png

SMALL = {"width": 320, "height": 240}
RED, GREEN, BLUE, WHITE, DARK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (16, 32, 48)


@pytest.fixture(scope="module")
def taken(server, site, together):
    """Take all pictures at once; give the files by name."""
    wanted = {
        "plain": {},
        "small": {"viewport": SMALL},
        "whole": {"viewport": SMALL, "fullPage": True},
        "jpeg": {"viewport": SMALL, "quality": 40},
        "better": {"viewport": SMALL, "quality": 95},
    }
    asked = {
        name: {"url": site.url("/colours"), "formats": [{"type": "screenshot", **options}]}
        for name, options in wanted.items()
    }
    answers = together(**asked)
    assert {answer.status for answer in answers.values()} == {200}, answers
    documents = {name: answer.body["data"] for name, answer in answers.items()}
    assert {tuple(sorted(document)) for document in documents.values()} == {("metadata", "screenshot")}
    return {name: server.file(document["screenshot"]) for name, document in documents.items()}


def test_a_picture_shows_the_page_as_it_is_drawn(taken):
    image = read_png(taken["small"].content)
    assert (image.width, image.height) == (320, 240)
    places = [(50, 50), (150, 50), (100, 150), (99, 99), (100, 99), (99, 100), (250, 50), (100, 230)]
    assert [image.at(*place) for place in places] == [RED, GREEN, BLUE, RED, GREEN, BLUE, WHITE, WHITE]


def test_a_picture_is_as_large_as_a_desktop_window_unless_asked(taken):
    assert struct.unpack(">II", taken["plain"].content[16:24]) == (1280, 800)


def test_a_picture_of_the_whole_page_is_as_high_as_the_page(taken):
    image = read_png(taken["whole"].content)
    assert (image.width, image.height) == (320, 1500)
    assert [image.at(*place) for place in ((50, 50), (160, 800), (160, 1495))] == [RED, WHITE, DARK]


def test_a_picture_with_a_quality_is_a_jpeg(taken):
    for name in ("jpeg", "better"):
        assert taken[name].content.startswith(b"\xff\xd8\xff")
        assert taken[name].headers["content-type"] == "image/jpeg"
    assert len(taken["jpeg"].content) < len(taken["better"].content)
    size = re.search(rb"\xff[\xc0\xc2]..\x08(....)", taken["jpeg"].content, re.DOTALL)
    assert size is not None
    assert struct.unpack(">HH", size[1]) == (240, 320)


def test_a_picture_is_served_under_a_name_nobody_guesses(taken):
    found = taken["plain"]
    assert re.search(r"/files/[0-9T-]{13}/[0-9a-f]{40}\.png$", str(found.url))
    assert found.headers["content-type"] == "image/png"


def test_a_page_has_its_text_beside_its_picture(api, site):
    page = api.page(site.url("/landing"), formats=["markdown", "screenshot"])
    assert "# Landed" in page["markdown"]
    assert read_png(api.file(page["screenshot"]).content).width == 1280


def test_a_picture_after_actions_shows_what_they_did(api, site):
    paint = {
        "type": "executeJavascript",
        "script": "document.body.innerHTML = ''; document.body.style.background = '#0f0'",
    }
    page = api.page(
        site.url("/colours"), formats=[{"type": "screenshot", "viewport": SMALL}], actions=[paint]
    )
    assert read_png(api.file(page["screenshot"]).content).at(50, 50) == GREEN


def test_a_batch_has_a_picture_of_each_of_its_pages(api, site):
    urls = [site.url(f"/colours?page={number}") for number in range(5)]
    picture = {"type": "screenshot", "viewport": SMALL}
    found = api.wait(api.start(urls, formats=["rawHtml", picture], maxAge=0))
    assert (found["status"], found["completed"]) == ("completed", 5)
    names = {document["screenshot"] for document in found["data"]}
    assert len(names) == 5
    assert {read_png(api.file(name).content).at(50, 50) for name in names} == {RED}
