from __future__ import annotations

import pytest

from webkiln.content.main_content.names import aside_among, names_boilerplate, names_overlay


@pytest.mark.parametrize(
    ("classes", "identifier"),
    [
        ("wide CybotCookiebotDialog", ""),
        ("", "didomi-host"),
        ("", "usercentrics-root"),
        ("OUTBRAIN", ""),
        ("", "div-gpt-ad-12"),
        ("a2a_kit a2a_kit_size_32", ""),
        ("", "tarteaucitronRoot"),
    ],
)
def test_what_vendors_call_their_boxes(classes, identifier):
    assert names_overlay(classes, identifier)


@pytest.mark.parametrize(
    ("classes", "identifier"),
    [
        ("cookie-recipes", ""),
        ("", "trusted-by-parents"),
        ("adventure", ""),
        ("consent-form-law", ""),
        ("share-prices", ""),
        ("", ""),
    ],
)
def test_what_only_begins_like_it(classes, identifier):
    assert not names_overlay(classes, identifier)


def test_furniture_is_named_as_a_whole_and_boxes_of_vendors_by_how_they_begin():
    names = {
        "wide",
        "sidebar",
        "breadcrumbs",
        "sidebar-layout",
        "not-footer",
        "menu-structure",
        "",
        "a2a_kit_size",
    }
    assert aside_among(names) == {"sidebar", "breadcrumbs", "a2a_kit_size"}


def test_words_in_names_are_a_weaker_sign():
    assert names_boilerplate("site-nav", "")
    assert names_boilerplate("", "relatedPosts")
    assert not names_boilerplate("has-sidebar", "navigator")
