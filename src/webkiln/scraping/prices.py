"""What a page costs, in credits (contract §18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions

_LOCKDOWN = 5


def price_of(options: ScrapeOptions, *, hit: bool, zero_retention: bool) -> int:
    """Return what a page cost; `hit` says whether it was a stored copy."""
    base = _LOCKDOWN if options.lockdown and hit else 1
    return base + (1 if zero_retention else 0)


def most_price_of(options: ScrapeOptions, *, zero_retention: bool) -> int:
    """Return what a page can cost at most."""
    return price_of(options, hit=True, zero_retention=zero_retention)
