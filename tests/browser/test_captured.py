"""What of a page is read: also what stands in shadow trees and in frames of its own origin."""

import pytest


@pytest.fixture(scope="module")
def read(site, together):
    wanted = {
        name: {"url": site.url(f"/{name}"), "formats": ["markdown", "links", "rawHtml"], "waitFor": 1}
        for name in ("shadow", "frames", "frameset", "links/")
    }
    answers = together(**wanted)
    assert {answer.status for answer in answers.values()} == {200}, answers
    return {name: answer.body["data"] for name, answer in answers.items()}


def test_a_shadow_tree_stands_where_it_shows_with_what_its_slots_were_given(read):
    text = read["shadow"]["markdown"]
    places = [text.index(words) for words in ("## Inside", "lead words", "default words", "deepest")]
    assert places == sorted(places)
    assert text.count("default words") == 1


def test_a_frame_of_the_same_origin_is_part_of_the_page(read):
    text = read["frames"]["markdown"]
    for words in ("within the frame", "a frame in a frame", "written in place"):
        assert text.count(words) == 1


def test_a_frame_of_another_origin_is_not(read):
    assert "of another origin" not in read["frames"]["rawHtml"]


def test_a_page_of_frames_only_is_their_content(read):
    assert "within the frame" in read["frameset"]["markdown"]
    assert "a frame in a frame" in read["frameset"]["markdown"]


def test_links_lead_from_where_they_stand(read, site):
    assert read["links/"]["links"] == [
        site.url("/up"),
        site.url("/links/down"),
        site.url("/off", "other.test"),
    ]


def test_links_in_a_frame_lead_from_the_frame(read, site):
    assert site.url("/inner/next") in read["frames"]["links"]


def test_links_in_a_shadow_tree_lead_from_the_page(read, site):
    assert read["shadow"]["links"] == [site.url("/shelf")]
