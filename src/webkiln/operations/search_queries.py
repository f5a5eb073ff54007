"""From a search request to questions for search engines (contract §9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from webkiln.contract.issues import bad_request, issue
from webkiln.contract.search import WebSource
from webkiln.urls import host_of
from webkiln.websearch import freshness
from webkiln.websearch.query import Query, under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.search import SearchRequest


class Kind(NamedTuple):
    """What a category stands for: hosts, or a type of files."""

    sites: tuple[str, ...] = ()
    file_type: str | None = None


CATEGORIES: Final = {
    "github": Kind(("github.com",)),
    "research": Kind(
        (
            "arxiv.org",
            "scholar.google.com",
            "pubmed.ncbi.nlm.nih.gov",
            "researchgate.net",
            "nature.com",
            "science.org",
            "ieee.org",
            "acm.org",
            "springer.com",
            "wiley.com",
            "sciencedirect.com",
            "plos.org",
            "biorxiv.org",
            "medrxiv.org",
        )
    ),
    "pdf": Kind(file_type="pdf"),
    # Hosted, these two are indexes of their own; here they are a choice of sites.
    "developer": Kind(
        (
            "github.com",
            "gitlab.com",
            "stackoverflow.com",
            "developer.mozilla.org",
            "readthedocs.io",
            "docs.python.org",
            "docs.rs",
            "pkg.go.dev",
            "npmjs.com",
            "learn.microsoft.com",
        )
    ),
    "gov": Kind(("gov",)),
}
HOSTED: Final = frozenset({"developer", "gov"})


def queries_of(request: SearchRequest) -> list[Query]:
    """Return a question for each source of the web; raises BadRequest for a `tbs` nobody knows."""
    kinds = [CATEGORIES[name] for name in category_names(request)]
    sites = tuple(dict.fromkeys(site for kind in kinds for site in kind.sites))
    file_type = next((kind.file_type for kind in kinds if kind.file_type is not None), None)
    queries = []
    for place, source in enumerate(request.asked):
        if source.type == "local":
            continue
        own = source if isinstance(source, WebSource) else WebSource(type="web")
        path: list[str | int] = ["tbs"] if own.tbs is None else ["sources", place, "tbs"]
        queries.append(
            Query(
                text=request.query,
                source=source.type,
                limit=request.limit,
                sites=sites,
                file_type=None if source.type == "images" else file_type,
                include_domains=request.include_domains,
                exclude_domains=request.exclude_domains,
                freshness=_freshness(own.tbs or request.tbs, path),
                lang=own.lang or request.lang,
                country=own.country or request.country,
                location=own.location or request.location,
                safe=request.safe,
                duplicates=own.filter or request.filter,
            )
        )
    return queries


def category_names(request: SearchRequest) -> list[str]:
    """Return the categories of a request, each once."""
    return list(dict.fromkeys(category.type for category in request.categories))


def category_of(url: str, names: Sequence[str]) -> str | None:
    """Return the first of the categories that a hit at `url` shows to be of; None where it shows none."""
    host = host_of(url)
    path = url.partition("?")[0].partition("#")[0].lower()
    for name in names:
        kind = CATEGORIES[name]
        if under(host, kind.sites) or (kind.file_type and path.endswith(f".{kind.file_type}")):
            return name
    return None


def _freshness(tbs: str | None, path: Sequence[str | int]) -> freshness.Freshness | None:
    if not tbs:
        return None
    try:
        return freshness.parse(tbs)
    except freshness.InvalidFreshness as error:
        raise bad_request([issue("custom", path, str(error))]) from None
