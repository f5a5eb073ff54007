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
    title = {"title": "value"} if name == "og:title" else {}
    expected = {name: "value", field: "value", **title}
    assert metadata(f'<meta {attribute}="{name}" content="value">') == expected


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


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ('<meta property="og:title" content="Of the card"><h1>Of the page</h1>', "Of the card"),
        ('<title> </title><meta name="twitter:title" content="Of\n the bird">', "Of the bird"),
        ("<title></title><title>The second</title>", "The second"),
        ("<title>The first</title><title>The second</title>", "The first"),
        ('<title>In the bar</title><meta property="og:title" content="Of the card">', "In the bar"),
        ('<meta name="DC.Title" content="Of the library"><meta name="title" content="">', "Of the library"),
        ("<body><h1>Of <i>the</i>\npage</h1><h1>Another</h1>", "Of the page"),
        ('<title></title><meta property="og:title" content=" "><p>Text', None),
    ],
)
def test_a_page_without_a_title_is_called_what_it_calls_itself(html, title):
    assert metadata(html).get("title") == title


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="de"><meta http-equiv="Content-Language" content="nl">', "de"),
        ('<html xml:lang="sr-Latn"><body lang="en">', "sr-Latn"),
        ('<meta http-equiv="content-language" content="nl, en">', "nl"),
        ('<body lang="pt-BR"><p>x', "pt-BR"),
        ('<meta name="dc.language" content="fi">', "fi"),
        ('<meta property="og:locale" content="nl_NL">', "nl-NL"),
        ('<meta name="language" content="English (United States)">', None),
        ('<html lang="">', None),
    ],
)
def test_the_language_is_read_wherever_it_is_told(html, language):
    assert metadata(html).get("language") == language


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (
            '<meta name="twitter:image" property="og:image" content="i">',
            {"twitter:image": "i", "og:image": "i", "ogImage": "i"},
        ),
        (
            '<meta property="og:video schema:video" content="v">',
            {"og:video": "v", "ogVideo": "v", "schema:video": "v"},
        ),
        ('<meta name="robots" property="robots" content="all">', {"robots": "all"}),
        (
            '<meta name="keywords" itemprop="keywords headline" content="k">',
            {"keywords": "k", "headline": "k"},
        ),
    ],
)
def test_a_tag_with_several_names_speaks_under_each(html, found):
    assert metadata(html) == found


def test_what_describes_a_thing_on_the_page_does_not_describe_the_page():
    review = '<div itemscope><meta itemprop="description" content="Leaks"><meta itemprop="stars" content="1">'
    page = '<body itemscope><meta itemprop="description" content="All kilns">'
    assert metadata(page + review) == {"description": "All kilns", "stars": "1"}


@pytest.mark.parametrize(
    ("links", "canonical"),
    [
        ('<link rel="canonical" href="../kiln"><link rel=canonical href=x>', "https://site.test/kiln"),
        ('<link rel="Canonical nofollow" href="https://www.site.test/">', "https://www.site.test/"),
        ('<link rel="canonical"><link rel="alternate" href="/m">', None),
        ('<link rel="canonical" href="http://[bad">', None),
        ('<meta name="canonical" content="https://evil.test/">', None),
    ],
)
def test_the_address_that_a_page_gives_as_its_own(links, canonical):
    assert metadata(links).get("canonical") == canonical


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
