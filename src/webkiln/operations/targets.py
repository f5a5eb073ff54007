"""Judging the URLs of a request, before anything is stored or resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.contract.issues import bad_request, issue
from webkiln.operations.failures import log_refused
from webkiln.urls import InvalidUrl, parse_target

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from webkiln.fetching.egress import EgressGuard


class Targets:
    """Says what a URL as typed means, and whether it shows by itself that it is refused.

    What only DNS or a redirect shows is the fetcher's to refuse.
    """

    def __init__(self, guard: EgressGuard, allow_names: Container[str]) -> None:
        """Names in `allow_names` pass although they look internal: the guard judges what they mean."""
        self._guard = guard
        self._allow_names = allow_names

    def parse(self, typed: str, path: Sequence[str | int]) -> str:
        """Return the normal form; raises BadRequest naming `path`, or BlockedAddress."""
        try:
            url = parse_target(typed, self._allow_names)
        except InvalidUrl as error:
            raise bad_request([issue("custom", list(path), str(error))]) from None
        if self._guard.refuses_literal(url):
            log_refused([url])
            raise errors.BlockedAddress
        return url

    def acceptable(self, typed: str, refused: list[str] | None = None) -> str | None:
        """Return what `parse` would, and None where it would raise; adds refused addresses to `refused`."""
        try:
            url = parse_target(typed, self._allow_names)
        except InvalidUrl:
            return None
        if not self._guard.refuses_literal(url):
            return url
        if refused is not None:
            refused.append(url)
        return None
