"""Statements on snapshots: what pages of a team were when they were last compared (contract §5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select

from webkiln.store.schema import snapshots
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page of a team at Unix time `taken_at`; `key` says which page it is, under which tag.

    `markdown` is compressed, and None where it is too large to be kept. `crawl` is the same for all
    crawls of one start and tag, None for a page that was scraped by itself.
    """

    team_id: str
    key: bytes
    taken_at: float
    status: int
    fingerprint: bytes
    url: str
    markdown: bytes | None = None
    crawl: bytes | None = None

    @property
    def size(self) -> int:
        """Return the bytes that it takes."""
        return len(self.url) + len(self.markdown or b"")


_IS = (snapshots.c.team_id == bindparam("team", type_=snapshots.c.team_id.type)) & (
    snapshots.c.key == bindparam("key")
)
_ONE_GONE = delete(snapshots).where(_IS)
_ONE = select(
    snapshots.c.team_id,
    snapshots.c.key,
    snapshots.c.taken_at,
    snapshots.c.status,
    snapshots.c.fingerprint,
    snapshots.c.url,
    snapshots.c.markdown,
    snapshots.c.crawl,
).where(_IS)


def read(connection: Connection, team_id: str, key: bytes) -> Snapshot | None:
    """Return a team's last snapshot of a page; None when there is none."""
    row = connection.execute(_ONE, {"team": team_id, "key": key}).one_or_none()
    return None if row is None else Snapshot(*row)


def keep(connection: Connection, taken: Sequence[Snapshot]) -> None:
    """Keep the newest snapshot of each page, whichever of two scrapes is stored first.

    A page that is scraped by itself stays one that a crawl has met.
    """
    newest: dict[tuple[str, bytes], Snapshot] = {}
    for snapshot in sorted(taken, key=lambda one: one.taken_at):
        newest[snapshot.team_id, snapshot.key] = snapshot
    # In one order, for others keep several of the same pages too.
    for place in sorted(newest):
        snapshot = newest[place]
        insert = upsert(connection, snapshots).values(**asdict(snapshot), size=snapshot.size)
        new = insert.excluded
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["team_id", "key"],
                set_={
                    **{name: new[name] for name in ("taken_at", "status", "size", "fingerprint", "markdown")},
                    "crawl": func.coalesce(new.crawl, snapshots.c.crawl),
                },
                where=snapshots.c.taken_at <= new.taken_at,
            )
        )


def urls_of_crawl(connection: Connection, team_id: str, crawl: bytes, *, limit: int) -> list[str]:
    """Return the URLs that crawls of one start and tag have met, without those that were gone since."""
    met = (
        select(snapshots.c.url)
        .where(snapshots.c.team_id == team_id, snapshots.c.crawl == crawl, snapshots.c.status.not_in(_GONE))
        .order_by(snapshots.c.taken_at.desc())
        .limit(limit)
    )
    return list(connection.execute(met).scalars())


def needs_prune(connection: Connection, *, before: float) -> bool:
    """Return whether a snapshot was taken before a moment."""
    old = select(snapshots.c.key).where(snapshots.c.taken_at < before).limit(1)
    return connection.execute(old).first() is not None


def prune(connection: Connection, *, before: float, limit: int) -> int:
    """Delete up to `limit` snapshots that were taken before a moment; answer how many."""
    found = _OLDEST.where(snapshots.c.taken_at < before).limit(limit)
    return _drop(connection, [(row.team_id, row.key) for row in connection.execute(found)])


def total_bytes(connection: Connection) -> int:
    """Return the bytes of all snapshots."""
    return int(connection.execute(select(func.coalesce(func.sum(snapshots.c.size), 0))).scalar_one())


def shrink(connection: Connection, *, max_bytes: int, limit: int) -> int:
    """Delete up to `limit` of the oldest snapshots while all together exceed `max_bytes`; answer how many."""
    excess = total_bytes(connection) - max_bytes
    doomed: list[tuple[str, bytes]] = []
    for row in connection.execute(_OLDEST.limit(limit)):
        if excess <= 0:
            break
        doomed.append((row.team_id, row.key))
        excess -= row.size
    return _drop(connection, doomed)


_OLDEST = (
    select(snapshots.c.team_id, snapshots.c.key, snapshots.c.size)
    .order_by(snapshots.c.taken_at)
    .with_for_update(skip_locked=True)
)


def _drop(connection: Connection, doomed: Sequence[tuple[str, bytes]]) -> int:
    for team_id, key in doomed:
        connection.execute(_ONE_GONE, {"team": team_id, "key": key})
    return len(doomed)
