"""Statements on stored pages: what `maxAge` and `minAge` are answered from (contract §21.6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from webkiln.store.among import among
from webkiln.store.bulk import insert_rows
from webkiln.store.schema import pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

_KEPT_PER_KEY = 5


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One fetched page at rest: `head` is JSON, `body` is as it came over the wire."""

    key: bytes
    fetched_at: float
    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """What the choice between stored pages needs, without their bodies."""

    id: int
    fetched_at: float
    status: int


def digest(text: str) -> bytes:
    """Return the 16 bytes a cache key is stored under."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


# Statements of the hot path are built once: building costs more than running them.
_ENTRIES = (
    select(pages.c.key, pages.c.id, pages.c.fetched_at, pages.c.status)
    .where(among(pages.c.key, "keys"))
    .order_by(pages.c.key, pages.c.fetched_at.desc())
)
_CROWDED = (
    select(pages.c.key)
    .where(among(pages.c.key, "keys"))
    .group_by(pages.c.key)
    .having(func.count() > _KEPT_PER_KEY)
)
_DROP = delete(pages).where(among(pages.c.id, "ids"))


def find_entries(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, list[StoredEntry]]:
    """Return the entries under each key, the newest first."""
    found: dict[bytes, list[StoredEntry]] = {}
    rows = connection.execute(_ENTRIES, {"keys": list(keys)})
    for key, page_id, fetched_at, status in rows:
        found.setdefault(key, []).append(StoredEntry(page_id, fetched_at, status))
    return found


def read_page(connection: Connection, page_id: int) -> StoredPage | None:
    """Return one stored page, or None when it was pruned meanwhile."""
    row = connection.execute(
        select(pages.c.key, pages.c.fetched_at, pages.c.status, pages.c.head, pages.c.body).where(
            pages.c.id == page_id
        )
    ).one_or_none()
    return None if row is None else StoredPage(*row)


def insert_pages(connection: Connection, stored: Sequence[StoredPage]) -> None:
    """Insert pages and drop the oldest of a key that has more than five."""
    insert_rows(
        connection,
        pages,
        ("key", "fetched_at", "status", "size", "head", "body"),
        [
            (page.key, page.fetched_at, page.status, len(page.head) + len(page.body), page.head, page.body)
            for page in stored
        ],
    )
    keys = sorted({page.key for page in stored})
    crowded = connection.execute(_CROWDED, {"keys": keys}).scalars()
    surplus = [
        entry.id
        for entries in _entries_of(connection, list(crowded)).values()
        for entry in entries[_KEPT_PER_KEY:]
    ]
    if surplus:
        connection.execute(_DROP, {"ids": sorted(surplus)})


def _entries_of(connection: Connection, keys: list[bytes]) -> Mapping[bytes, list[StoredEntry]]:
    return find_entries(connection, keys) if keys else {}


def total_bytes(connection: Connection) -> int:
    """Return the bytes of all stored pages."""
    return int(connection.execute(select(func.coalesce(func.sum(pages.c.size), 0))).scalar_one())


def shrink(connection: Connection, *, max_bytes: int, limit: int) -> int:
    """Delete up to `limit` of the oldest pages while all together exceed `max_bytes`."""
    excess = total_bytes(connection) - max_bytes
    if excess <= 0:
        return 0
    doomed: list[int] = []
    for page_id, size in connection.execute(
        select(pages.c.id, pages.c.size).order_by(pages.c.id).limit(limit)
    ):
        if excess <= 0:
            break
        doomed.append(page_id)
        excess -= size
    connection.execute(_DROP, {"ids": doomed})
    return len(doomed)
