"""What maps have found, kept among the stored pages for the next map of the same site (contract §8)."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from webkiln import errors
from webkiln.operations.map_links import Entry
from webkiln.store import pages
from webkiln.store.pages import StoredPage

if TYPE_CHECKING:
    from webkiln.operations.map_spec import MapSpec
    from webkiln.store.database import Database

_LISTED_S: Final = 7 * 24 * 3600  # what the contract gives sitemaps
_LINKED_S: Final = 24 * 3600  # links come and go without anybody saying so
_MOST_BYTES: Final = 16 << 20
_GOOD: Final = 200


@dataclass(frozen=True, slots=True)
class Known:
    """The pages of a site: all of them, or at least `enough`, with a sentence on what is missing.

    `linked` says that some were found through links and not in a sitemap.
    """

    entries: list[Entry]
    enough: int
    linked: bool
    warning: str | None = None

    def suffices(self, enough: int, age_s: float) -> bool:
        """Return whether this answers a map that wants `enough` pages."""
        whole = len(self.entries) < self.enough or enough <= self.enough
        return whole and 0 <= age_s <= (_LINKED_S if self.linked else _LISTED_S)


class MapCache:
    """Keeps what was found by what was asked for; all workers share it."""

    def __init__(self, database: Database, *, most_bytes: int = _MOST_BYTES) -> None:
        """Keep it in `database`, as part of the stored pages and of their size, up to `most_bytes` each."""
        self._database = database
        self._most_bytes = most_bytes

    async def find(self, spec: MapSpec, *, enough: int, now: float) -> Known | None:
        """Return what an earlier map found, if it is new enough and enough for this one."""
        if not _may(spec):
            return None
        key = _key(spec)
        found = await self._database.read(lambda connection: pages.find_entries(connection, [key]))
        for entry in found.get(key, ())[:1]:
            stored = await self._read(entry.id)
            if stored is not None:
                known = await asyncio.to_thread(_thaw, stored)
                return known if known.suffices(enough, now - stored.fetched_at) else None
        return None

    async def _read(self, page_id: int) -> StoredPage | None:
        return await self._database.read(lambda connection: pages.read_page(connection, page_id))

    async def keep(self, spec: MapSpec, known: Known, *, now: float) -> None:
        """Keep what a map has found; a database that does not answer only costs the copy."""
        if not _may(spec):
            return
        head, body = await asyncio.to_thread(_freeze, known)
        if len(body) > self._most_bytes:
            return
        stored = StoredPage(_key(spec), now, _GOOD, head, body)
        with contextlib.suppress(errors.Unavailable):
            await self._database.write(
                lambda connection: pages.insert_pages(connection, [stored]), durable=False
            )


def _may(spec: MapSpec) -> bool:
    """Return whether a map is like any other of its site: nothing of the caller's own was sent along."""
    return not spec.headers


def _key(spec: MapSpec) -> bytes:
    asked = [spec.url, spec.sitemap, asdict(spec.links), spec.country, spec.languages, spec.ignore_query]
    return pages.digest(f"map\n{orjson.dumps(asked).decode()}")


def _freeze(known: Known) -> tuple[bytes, bytes]:
    head: dict[str, Any] = {"enough": known.enough, "linked": known.linked, "warning": known.warning}
    rows = [(entry.url, entry.title, entry.description) for entry in known.entries]
    return orjson.dumps(head), zlib.compress(orjson.dumps(rows), 1)


def _thaw(stored: StoredPage) -> Known:
    rows = orjson.loads(zlib.decompress(stored.body))
    return Known(entries=[Entry(*row) for row in rows], **orjson.loads(stored.head))
