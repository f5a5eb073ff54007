"""Putting sites, domains and file types into the text of a query, as most engines read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.websearch.query import Query


def with_operators(query: Query, *, domains: bool = True) -> str:
    """Return the text with its operators; without `domains` those are the provider's to filter by."""
    parts = [query.text]
    kinds = [f"site:{site}" for site in query.sites]
    if query.file_type is not None:
        kinds.append(f"filetype:{query.file_type}")
    parts += _any_of(kinds)
    if domains:
        parts += _any_of([f"site:{domain}" for domain in query.include_domains])
        parts += [f"-site:{domain}" for domain in query.exclude_domains]
    return " ".join(parts)


def _any_of(operators: Sequence[str]) -> list[str]:
    if len(operators) < 2:  # noqa: PLR2004 (one alone needs no brackets)
        return list(operators)
    return [f"({' OR '.join(operators)})"]
