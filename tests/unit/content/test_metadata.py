from __future__ import annotations

import pytest

from webkiln.content.html_tree import parse
from webkiln.content.metadata import read_head

URL = "https://site.test/docs/page.html"

# Every field of contract §5 that a page can state in a `<meta>`.
FIELDS = [
    ("name", "description", "description"),
    ("name", "keywords", "keywords"),
    ("name", "robots", "robots"),
    ("property", "og:title", "ogTitle"),
    ("property", "og:description", "ogDescription"),
    ("property", "og:url", "ogUrl"),
    ("property", "og:image", "ogImage"),
    ("property", "og:audio", "ogAudio"),
    ("property", "og:determiner", "ogDeterminer"),
    ("property", "og:locale", "ogLocale"),
    ("property", "og:site_name", "ogSiteName"),
    ("property", "og:video", "ogVideo"),
    ("name", "dcterms.created", "dcTermsCreated"),
    ("name", "dc.date.created", "dcDateCreated"),
    ("name", "dc.date", "dcDate"),
    ("name", "dcterms.type", "dcTermsType"),
    ("name", "dc.type", "dcType"),
    ("name", "dcterms.audience", "dcTermsAudience"),
    ("name", "dcterms.subject", "dcTermsSubject"),
    ("name", "dc.subject", "dcSubject"),
    ("name", "dc.description", "dcDescription"),
    ("name", "dcterms.keywords", "dcTermsKeywords"),
    ("property", "article:modified_time", "modifiedTime"),
    ("property", "article:published_time", "publishedTime"),
    ("property", "article:tag", "articleTag"),
    ("property", "article:section", "articleSection"),
]


def metadata(html: str) -> dict:
    return read_head(parse(html), URL).metadata


@pytest.mark.parametrize(("attribute", "name", "field"), FIELDS)
def test_every_field_and_the_tag_under_its_own_name(attribute, name, field):
    assert metadata(f'<meta {attribute}="{name}" content="value">') == {name: "value", field: "value"}


@pytest.mark.parametrize(("attribute", "name"), [field[:2] for field in FIELDS])
def test_fields_are_absent_when_the_page_lacks_them(attribute, name):
    assert metadata(f'<meta {attribute}="{name}">') == {}


def test_title_language_and_icon():
    icons = '<link rel="shortcut icon" href="../f.ico"><link rel=icon href=x>'
    html = f'<html lang="en-GB"><title> A\n  title </title>{icons}'
    assert metadata(html) == {"title": "A title", "language": "en-GB", "favicon": "https://site.test/f.ico"}


def test_other_tags_come_under_their_own_names():
    html = (
        '<meta name="viewport" content="width=device-width"><meta itemprop="price" content="5">'
        '<meta property="fb:app_id" content="1"><meta charset=utf-8><meta http-equiv=refresh content=5>'
    )
    assert metadata(html) == {"viewport": "width=device-width", "price": "5", "fb:app_id": "1"}


def test_names_are_kept_as_written_and_known_in_any_case():
    assert metadata('<meta name="Description" content="d"><meta name="DC.Date" content="2026">') == {
        "description": "d",
        "Description": "d",
        "dcDate": "2026",
        "DC.Date": "2026",
    }


def test_what_comes_more_than_once():
    html = (
        '<meta name="description" content="one"><meta name="description" content="two">'
        '<meta property="og:image" content="a"><meta property="og:image" content="b">'
        '<meta property="og:image" content="c">'
        '<meta property="og:locale:alternate" content="de"><meta property="og:locale:alternate" content="fr">'
    )
    assert metadata(html) == {
        "description": "one, two",
        "ogImage": "a",
        "og:image": ["a", "b", "c"],
        "ogLocaleAlternate": ["de", "fr"],
        "og:locale:alternate": ["de", "fr"],
    }


def test_one_alternate_locale_is_a_list_too():
    assert metadata('<meta property="og:locale:alternate" content="de">')["ogLocaleAlternate"] == ["de"]


@pytest.mark.parametrize(
    "name",
    [
        "url",
        "sourceURL",
        "statusCode",
        "status_code",
        "proxyUsed",
        "proxy_used",
        "cacheState",
        "cachedAt",
        "creditsUsed",
        "scrapeId",
        "contentType",
        "error",
        "numPages",
        "concurrencyLimited",
        "og_locale_alternate",
        "ogLocaleAlternate",
    ],
)
def test_no_page_can_say_what_the_server_says(name):
    assert metadata(f'<meta name="{name}" content="evil">') == {}


def test_a_tag_called_title_or_language_counts_where_the_page_says_nothing_else():
    tags = '<meta name="title" content="m"><meta name="language" content="fr">'
    assert metadata(tags) == {"title": "m", "language": "fr"}
    assert metadata(f"<html lang=en><title>t</title>{tags}") == {"title": "t", "language": "en"}


def test_the_title_of_a_drawing_is_not_the_title_of_the_page():
    assert metadata("<body><svg><title>icon</title></svg></body>") == {}


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("", URL),
        ("<base href='/x/'>", "https://site.test/x/"),
        ("<base target=_top><base href='https://o.test/'>", "https://o.test/"),
        ("<base href='javascript:x'>", URL),
        ("<base href='http://[bad'>", URL),
    ],
)
def test_what_links_are_relative_to(base, expected):
    assert read_head(parse(base), URL).base == expected


def test_a_page_of_endless_tags_has_the_first_thousand():
    html = "".join(f"<meta name=n{number} content=c>" for number in range(3_000))
    assert len(metadata(html)) == 1_000
