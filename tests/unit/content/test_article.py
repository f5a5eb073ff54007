from __future__ import annotations

import json

import pytest

from webkiln.content.html_tree import parse
from webkiln.content.metadata import read_head

FIELDS = ("author", "publishedTime", "modifiedTime", "articleSection")


def described(html):
    found = read_head(parse(html), "https://site.test/a").metadata
    return {name: found[name] for name in FIELDS if name in found}


def linked(**article):
    return f'<script type="application/ld+json">{json.dumps({"@type": "Article"} | article)}</script>'


def test_linked_data_tells_who_and_when():
    assert described(
        linked(
            author={"@type": "Person", "name": "Ida Ton"},
            datePublished="2026-03-01T08:00:00Z",
            dateModified="2026-03-02",
            articleSection="Glazes",
        )
    ) == {
        "author": "Ida Ton",
        "publishedTime": "2026-03-01T08:00:00Z",
        "modifiedTime": "2026-03-02",
        "articleSection": "Glazes",
    }


@pytest.mark.parametrize(
    ("author", "told"),
    [
        ("Ida Ton", "Ida Ton"),
        (["Ida Ton", {"name": "Bo Lehm"}, "Ida Ton"], ["Ida Ton", "Bo Lehm"]),
        ({"@type": "Person", "url": "/ida"}, None),
        ("x" * 300, None),
    ],
)
def test_authors_are_names(author, told):
    assert described(linked(author=author)).get("author") == told


def test_what_a_tag_says_is_not_said_again():
    tags = '<meta name="author" content="Bo Lehm"><meta property="article:published_time" content="2020">'
    page = tags + linked(author="Ida Ton", datePublished="2026", dateModified="2027")
    assert described(page) == {"author": "Bo Lehm", "publishedTime": "2020", "modifiedTime": "2027"}


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ('<meta property="article:author" content="Ida Ton">', {"author": "Ida Ton"}),
        ('<meta property="article:author" content="https://social.test/ida">', {}),
        ('<meta name="DC.creator" content="Ida Ton">', {"author": "Ida Ton"}),
        ('<meta name="parsely-pub-date" content="2026-03-01">', {"publishedTime": "2026-03-01"}),
        ('<meta itemprop="dateModified" content="2026-03-02">', {"modifiedTime": "2026-03-02"}),
        ('<meta property="og:updated_time" content="2026-03-02">', {"modifiedTime": "2026-03-02"}),
    ],
)
def test_tags_of_other_names_tell_it_too(tag, told):
    assert described(tag) == told


MARKED = (
    '<p>By <a rel="author" href="/ida"> Ida\nTon </a></p>'
    '<time itemprop="datePublished" datetime="2026-03-01">March</time>'
    '<span itemprop="dateModified" content="2026-03-02">later</span>'
)


def test_marks_in_the_text_of_an_article_tell_it():
    article = '<meta property="og:type" content="article">'
    told = {"author": "Ida Ton", "publishedTime": "2026-03-01", "modifiedTime": "2026-03-02"}
    assert described(article + MARKED) == told
    assert described(MARKED) == {}
    older = (
        '<a itemprop="url" rel="nofollow author">Ida Ton</a><time pubdate datetime="2026-03-01">March</time>'
    )
    assert described(article + older) == {"author": "Ida Ton", "publishedTime": "2026-03-01"}
    within = '<div itemprop="author" itemscope><img alt=x><b itemprop="name">Bo Lehm</b>, potter</div>'
    assert described(article + within) == {"author": "Bo Lehm"}


def test_a_comment_has_no_say_in_who_wrote_the_page():
    comment = {"@type": "Comment", "author": {"name": "Troll"}, "dateCreated": "2026"}
    assert described(f'<script type="application/ld+json">{json.dumps(comment)}</script>') == {}
