"""Hosts that serve advertisements and trackers, which `blockAds` keeps a page from asking."""

from __future__ import annotations

from webkiln.fetching.browser.tables import table

_ADVERTISERS = frozenset(host for (host,) in table("advertisers"))


def is_advertising(host: str) -> bool:
    """Return whether a host, in lower case, is an advertiser's or belongs to one."""
    while host:
        if host in _ADVERTISERS:
            return True
        host = host.partition(".")[2]
    return False
