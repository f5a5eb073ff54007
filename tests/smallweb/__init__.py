"""A small web site under test: many names, http and https, on a loopback address of its own.

In a test's own loop:

    async with SmallWeb() as web:
        page = await fetch(web.url("/i/7"))
        assert web.ledger.hits("/i/7") == 1

In a process of its own, for ports 80 and 443 under the names of the real web: `spawn()`, or
`python -m smallweb --help`. `routes.py` lists what it answers.
"""

from __future__ import annotations

from smallweb.ledger import Delivery, Ledger, Seen
from smallweb.pages import SENTENCES, item_mark
from smallweb.server import NAMES, SmallWeb, private_address
from smallweb.spawned import PortsUnavailable, SpawnedWeb, spawn

__all__ = [
    "NAMES",
    "SENTENCES",
    "Delivery",
    "Ledger",
    "PortsUnavailable",
    "Seen",
    "SmallWeb",
    "SpawnedWeb",
    "item_mark",
    "private_address",
    "spawn",
]
