from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content import MainContent, reduce_to_content

PROSE = "<p>" + "What the reader came for, told in long sentences. " * 8 + "</p>"
PAGE = (
    f"<nav><a href=/x>Menu</a></nav><main>{PROSE}</main><div class=related><a href=/y>Another story</a></div>"
)


def left(html: str, main_content: MainContent) -> tuple[str, list[str]]:
    body = body_of(parse(html))
    notes = reduce_to_content(body, main_content)
    return body.text, notes


def test_rules_take_what_tags_and_names_say_and_nothing_else():
    text, notes = left(PAGE, MainContent.RULES)
    assert "Menu" not in text
    assert "Another story" in text
    assert notes == []


def test_the_model_takes_what_is_no_content():
    text, notes = left(PAGE, MainContent.MODEL)
    assert "What the reader came for" in text
    assert "Menu" not in text
    assert "Another story" not in text
    assert notes == []


def test_a_page_that_is_too_nested_is_left_to_the_rules_and_says_so():
    text, notes = left("<nav>n</nav>" + "<div>x" * 50_000, MainContent.MODEL)
    assert text == "x" * 50_000
    assert notes == ["The page is nested too deeply to be weighed; its main content was found by rules."]


def test_a_page_of_which_nothing_looks_like_content_is_left_to_the_rules_and_says_so():
    links = "".join(f"<li><a href=/{n}>Entry {n} of the menu</a>" for n in range(40))
    html = f"<nav>n</nav><div class=menu-list><ul class=submenu>{links}</ul></div>"
    text, notes = left(html, MainContent.MODEL)
    assert "Entry 7" in text
    assert notes == ["What on the page is content could not be told; it was found by rules."]


@pytest.mark.parametrize("reading", MainContent)
def test_a_page_without_text_stays_without(reading):
    assert left("<img src=x>", reading) == ("", [])
