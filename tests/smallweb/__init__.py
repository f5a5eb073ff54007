"""A small web site under test: many names, http and https, on a loopback address of its own.

In a test's own loop:

    async with SmallWeb() as web:
        page = await fetch(web.url("/i/7"))
        assert web.ledger.hits("/i/7") == 1

In a process of its own, for ports 80 and 443 under the names of the real web: `spawn()`, or
`python -m smallweb --help`. `routes.py` lists what it answers, `catalogue.py` the sites
for crawls, whose truth `crawl_truth` tells.
"""

from __future__ import annotations

from smallweb.catalogue import SITES
from smallweb.ledger import Delivery, Ledger, Seen
from smallweb.pages import SENTENCES, item_mark
from smallweb.server import NAMES, SmallWeb, private_address
from smallweb.spawned import PortsUnavailable, SpawnedWeb, spawn
from smallweb.truth import Truth, crawl_truth, identity

__all__ = [
    "NAMES",
    "SENTENCES",
    "SITES",
    "Delivery",
    "Ledger",
    "PortsUnavailable",
    "Seen",
    "SmallWeb",
    "SpawnedWeb",
    "Truth",
    "crawl_truth",
    "identity",
    "item_mark",
    "private_address",
    "spawn",
]
