"""Which variant of a page a request is served: what was asked so that another page could come of it.

A stored copy answers only a request that would have been fetched the same way (threats: a page that was
never shown answers who wants it shown; one reader's page, had with a cookie or a key, answers another).
What happens to a page after it was fetched makes no variant: formats, tags, main content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.contract.served import SHOWN
from webkiln.contract.supported import needs_browser

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions


def is_single(options: ScrapeOptions) -> bool:
    """Return whether a page is of one request alone: by what was sent along, done with it, or taken of it."""
    return bool(
        options.headers
        or options.actions
        or options.profile is not None
        or any(wanted.type in SHOWN for wanted in options.formats)
    )


def variant_of(options: ScrapeOptions) -> str:
    """Return a text that is the same for all requests that are fetched the same way.

    The order of languages is one of preference, and is sent as such. `proxy` is no part of it: there is
    one way out.
    """
    location = options.location
    place = "" if location is None else f"{location.country or ''} {','.join(location.languages)}".rstrip()
    # Who wants a page's origin proven is not served one that anybody may have sent.
    proven = " proven" if options.verify_tls else ""
    if needs_browser(options):
        shown = f"shown {options.mobile:d} {options.wait_for}"
    elif options.fast_mode:
        return f"never shown{proven} {place}"
    else:
        shown = "shown if needed"
    return f"{shown} {options.block_ads:d}{proven} {place}"
