"""Statements that give the room of deleted rows back to the file system; SQLite keeps it otherwise.

PostgreSQL sees to that by itself (autovacuum).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

INCREMENTAL = 2
"""The mode of `auto_vacuum` in which a file can be made smaller a few pages at a time."""
_PAGES = 64  # of 16 KB: moving them takes some 5 ms, in which nobody else writes
_KEPT = 1_024  # free pages that the next rows will want, 16 MB
_KEPT_SHARE = 8  # or this part of the file, where that is more


def excess(connection: Connection) -> int:
    """Return how many pages the file should be smaller by."""
    if connection.dialect.name != "sqlite":
        return 0
    free, all_pages = _number(connection, "freelist_count"), _number(connection, "page_count")
    if _number(connection, "auto_vacuum") != INCREMENTAL:  # after the others, which look at the file
        return 0
    return max(free - max(_KEPT, all_pages // _KEPT_SHARE), 0)


def give_back(connection: Connection) -> int:
    """Make the file smaller by some pages; return how many."""
    before = _number(connection, "page_count")
    for _ in range(min(excess(connection), _PAGES)):
        # One each: what more it would move, the driver does not ask for.
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    return before - _number(connection, "page_count")


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())
