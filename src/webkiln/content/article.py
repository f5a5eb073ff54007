"""Who wrote an article, and when, where its page says so in another place than the usual `<meta>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webkiln.content.structured_data.json_ld import listed, text_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from webkiln.content.html_tree import Element, Tree
    from webkiln.content.structured_data.json_ld import Thing

_ARTICLES: Final = """
    Article NewsArticle BlogPosting AnalysisNewsArticle BackgroundNewsArticle OpinionNewsArticle Report
    ReportageNewsArticle ReviewNewsArticle ScholarlyArticle MedicalScholarlyArticle SatiricalArticle
    TechArticle APIReference LiveBlogPosting SocialMediaPosting DiscussionForumPosting
    AdvertiserContentArticle
"""
_IS_ARTICLE: Final = frozenset(_ARTICLES.split())
# Names of `<meta>` tags in lower case, the most exact first.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "author": (
        "article:author", "og:article:author", "dc.creator", "dcterms.creator", "parsely-author",
        "sailthru.author", "citation_author", "byl",
    ),
    "publishedTime": (
        "og:article:published_time", "article:published", "datepublished", "parsely-pub-date", "pubdate",
        "publishdate", "publish-date", "publication_date", "sailthru.date", "dc.date.issued",
        "dcterms.issued", "citation_publication_date", "date",
    ),
    "modifiedTime": (
        "og:article:modified_time", "article:modified", "og:updated_time", "datemodified", "last-modified",
        "dcterms.modified", "dc.date.modified",
    ),
}  # fmt: skip
_PROPERTIES: Final = {
    "author": "author",
    "publishedTime": "datePublished",
    "modifiedTime": "dateModified",
    "articleSection": "articleSection",
}
_MARKS: Final = '[itemprop],a[rel~="author"],time[pubdate]'
_LONGEST: Final = 200


def describe_article(
    tree: Tree, things: Iterable[Thing], told: Mapping[str, str], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is not `known` of an article: author, publishedTime, modifiedTime, articleSection.

    Its JSON-LD says it best, then `<meta>` tags of other names (`told`, in lower case), then what is marked
    in its text. Of a page that is no article only the tags count. Several authors are a list.
    """
    article = next((thing for thing in things if not _IS_ARTICLE.isdisjoint(types_of(thing))), None)
    found: dict[str, Any] = {}
    for field in _PROPERTIES:
        if field not in known and (names := _described(article, field) or _tagged(told, field)):
            found[field] = names[0] if len(names) == 1 else names
    missing = {
        name: field for field, name in _PROPERTIES.items() if field not in known and field not in found
    }
    if missing and (article is not None or told.get("og:type") == "article"):
        found |= _marked(tree, missing)
    return found


def _described(article: Thing | None, field: str) -> list[str]:
    """Return what an article's JSON-LD says of a field, each name once."""
    values = [] if article is None else listed(article.get(_PROPERTIES[field]))
    return list(dict.fromkeys(name for one in values if (name := _short(text_of(one)))))


def _tagged(told: Mapping[str, str], field: str) -> list[str]:
    """Return what the first of a field's other tags says that says anything."""
    return [told[name] for name in _NAMES.get(field, ()) if _is_told(name, told)][:1]


def _marked(tree: Tree, fields: Mapping[str, str]) -> dict[str, str]:
    """Return what the page's text marks as one of the fields, by property; the first mark of each counts."""
    found: dict[str, str] = {}
    for element in tree.select(_MARKS):
        for field in (fields[name] for name in _properties(element) if name in fields):
            if field not in found and (text := _value(element)):
                found[field] = text
    return found


def _is_told(name: str, told: Mapping[str, str]) -> bool:
    """Return whether a tag says something; the address of an author's own page is not who it is."""
    text = told.get(name, "")
    return bool(_short(text)) and not text.startswith(("http://", "https://"))


def _properties(element: Element) -> list[str]:
    """Return what an element says it is of the page, older ways of saying it among them."""
    properties = (element.attr("itemprop") or "").split()
    if "author" in (element.attr("rel") or "").split():
        properties.append("author")
    if element.attr("pubdate") is not None:
        properties.append("datePublished")
    return properties


def _value(element: Element) -> str:
    """Return what a marked element stands for: its value for machines, else a name in it, else its text."""
    for attribute in ("datetime", "content"):
        if value := element.attr(attribute):
            return _short(value.strip())
    named = element.select_one('[itemprop~="name"]')
    return _short(" ".join((named or element).text[: 2 * _LONGEST].split()))


def _short(text: str) -> str:
    """Return a text that can be a name or a date: not one of whole sentences."""
    return text if len(text) <= _LONGEST else ""
