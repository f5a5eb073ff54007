"""Statements that keep the web's hosts from being asked for too much, by all jobs and workers together.

Only tasks that name a host take part, and tasks name one only where limits are set. Who claims
for a host holds its row until the claim is committed, so that two claims never both take the
last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, bindparam, delete, func, select, update

from webkiln.store.among import among, among_chosen
from webkiln.store.schema import AVAILABLE, RUNNING, hosts, jobs, tasks
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What one host of the web bears: pages in flight at once, and seconds between two; 0 is no limit."""

    concurrency: int = 0
    delay_s: float = 0.0

    def __bool__(self) -> bool:
        """Say whether there is any limit."""
        return bool(self.concurrency or self.delay_s)


_waiting = tasks.alias("waiting")
_FIRST = select(func.min(tasks.c.host).label("host")).where(
    tasks.c.job_id == bindparam("job"), tasks.c.state == AVAILABLE, tasks.c.host.is_not(None)
)
_first = _FIRST.cte("line", recursive=True)
_following = (
    select(func.min(_waiting.c.host))
    .where(
        _waiting.c.job_id == bindparam("job"),
        _waiting.c.state == AVAILABLE,
        _waiting.c.host.is_not(None),
        _waiting.c.host > _first.c.host,
    )
    .scalar_subquery()
)
# From one host of the job to the next, never past the tasks behind it: a batch of a million pages of
# one host that is busy costs one look.
_line = _first.union_all(select(_following).where(_first.c.host.is_not(None)))
# The pages of a cancelled job are closed at once, its rows are swept later: they keep no place.
_in_flight = (
    (tasks.c.state == RUNNING)
    & tasks.c.host.is_not(None)
    & select(jobs.c.id).where(jobs.c.id == tasks.c.job_id, jobs.c.state == RUNNING).exists()
)
_busy = (
    select(tasks.c.host).where(_in_flight).group_by(tasks.c.host).having(func.count() >= bindparam("most"))
)
_resting = select(hosts.c.host).where(hosts.c.next_at > bindparam("now"))
_something_due = (
    select(tasks.c.id)
    .where(
        tasks.c.job_id == bindparam("job"),
        tasks.c.state == AVAILABLE,
        tasks.c.host.is_not(None),
        tasks.c.host == _line.c.host,
        tasks.c.run_at <= bindparam("now"),
    )
    .exists()
)
_FREE = (
    select(_line.c.host)
    .where(_line.c.host.is_not(None), _line.c.host.not_in(_busy), _line.c.host.not_in(_resting))
    .where(_something_due)
    .limit(bindparam("want"))
)
_HELD = (
    select(hosts.c.host, hosts.c.next_at)
    .where(among(hosts.c.host, "names"))
    .order_by(hosts.c.host)
    # Another claim's hosts are passed by: to wait for them, job by job, is how claims would deadlock.
    .with_for_update(skip_locked=True)
)
_IN_FLIGHT = (
    select(tasks.c.host, func.count()).where(_in_flight, among(tasks.c.host, "names")).group_by(tasks.c.host)
)
_REST = (
    update(hosts).where(hosts.c.host == bindparam("name", type_=String)).values(next_at=bindparam("until"))
)


def free_places(
    connection: Connection, job_id: str, *, want: int, limits: HostLimits, now: float
) -> dict[str, int] | None:
    """Return how many tasks of each host may be begun now for a job, and hold these hosts' rows.

    None when no task of the job that waits names a host.
    """
    most = limits.concurrency or _MANY
    found = connection.execute(_FREE, {"job": job_id, "most": most, "now": now, "want": want}).scalars()
    names = sorted(found)
    if not names:
        return {} if _names_hosts(connection, job_id) else None
    connection.execute(
        upsert(connection, hosts).on_conflict_do_nothing(),
        [{"host": name, "next_at": 0.0} for name in names],
    )
    held = connection.execute(_HELD, {"names": names}).all()
    in_flight = {row[0]: row[1] for row in connection.execute(_IN_FLIGHT, {"names": names})}
    return {
        row.host: 1 if limits.delay_s else min(most - in_flight.get(row.host, 0), want)
        for row in held
        if row.next_at <= now and in_flight.get(row.host, 0) < most
    }


def _names_hosts(connection: Connection, job_id: str) -> bool:
    return connection.execute(_FIRST, {"job": job_id}).scalar() is not None


def let_rest(connection: Connection, names: Sequence[str], until: float) -> None:
    """Begin nothing more of these hosts, whose rows are held, before `until`."""
    if names:
        connection.execute(_REST, [{"name": name, "until": until} for name in sorted(names)])


def next_free(connection: Connection, job_id: str, now: float) -> float | None:
    """Return when the first resting host of a job may be asked again; None when none of them rests."""
    of_job = select(_line.c.host).where(_line.c.host.is_not(None))
    earliest = select(func.min(hosts.c.next_at)).where(hosts.c.next_at > now, hosts.c.host.in_(of_job))
    return connection.execute(earliest, {"job": job_id}).scalar()


def prune(connection: Connection, *, before: float, limit: int) -> int:
    """Forget up to `limit` hosts that were free again before the moment `before`; answer how many."""
    old = select(hosts.c.host).where(hosts.c.next_at < before).order_by(hosts.c.next_at).limit(limit)
    return connection.execute(delete(hosts).where(among_chosen(hosts.c.host, old))).rowcount
