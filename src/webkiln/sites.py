"""What a site is: the registrable domain, by the public suffix list, as browsers have it.

Private suffixes count too: two users of `github.io` are two sites.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

_ADDRESS: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?")


@cache
def _suffixes() -> PublicSuffixList:
    """Read the list that comes with the library; it takes tens of milliseconds, once."""
    return PublicSuffixList()


@lru_cache(maxsize=8_192)
def registrable_domain(host: str) -> str:
    """Return the part of a host name that somebody registered: `example.co.uk` of `a.b.example.co.uk`.

    `host` is as in a URL in normal form. IP addresses, single names and public suffixes are
    themselves.
    """
    if _ADDRESS.fullmatch(host) is not None:
        return host
    return _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=8_192)
def is_public_suffix(domain: str) -> bool:
    """Return whether nobody owns a domain as a whole: `com`, `co.uk`, `github.io`, and single names.

    `domain` is a name in lower case; an IP address is no suffix.
    """
    return _ADDRESS.fullmatch(domain) is None and _suffixes().is_public(domain)


def same_site(a: str, b: str) -> bool:
    """Return whether two hosts belong to one registrable domain."""
    return a == b or registrable_domain(a) == registrable_domain(b)
