from __future__ import annotations

import pytest

from webkiln.fetching.page import Page
from webkiln.scraping.outline import NOTHING, Outline, outline_of

HTML = "text/html; charset=utf-8"


def page(body, media_type=HTML):
    data = body if isinstance(body, bytes) else body.encode()
    headers = (("content-type", media_type),)
    return Page("http://a.test/b/c", "http://a.test/b/c", 200, headers, "", data, data, 0.0)


def test_a_page_says_what_it_is_and_where_it_leads():
    found = outline_of(
        page(
            "<title> The \n kiln </title><meta name=description content='How it is fired'>"
            "<a href=d>1</a><nav><a href='/e'>2</a></nav><a href=d>3</a><a>4</a>"
        )
    )
    assert found == Outline("The kiln", "How it is fired", ("d", "/e"))


def test_links_are_in_full_where_the_page_names_a_base():
    found = outline_of(page("<base href=/x/><a href=d>1</a><a href='http://['>2</a>"))
    assert found.hrefs == ("http://a.test/x/d",)


def test_the_description_for_sharing_stands_in():
    assert outline_of(page("<meta property=og:description content=shared><p>x")).description == "shared"


def test_addresses_in_a_text_are_links():
    assert outline_of(page("see http://a.test/x, and", "text/plain")).hrefs == ("http://a.test/x",)


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf"])
def test_what_is_no_text_has_nothing(media_type):
    assert outline_of(page(b"\x89PNG\r\n\x1a\n\0\0\0", media_type)) is NOTHING


def test_half_characters_and_endless_titles_do_no_harm():
    found = outline_of(page(f"<title>&#xD800;{'x' * 900}</title><p>x"))
    assert len(found.title) == 500
    found.title.encode()
