"""Statements that keep the web's hosts from being asked for too much, by all jobs and workers together.

Only tasks that name a host take part, and tasks name one only where limits are set. Who claims
for a host holds its row until the claim is committed, so that two claims never both take the
last place. A transaction takes all the rows of hosts that it needs at once, after the jobs' and before
the tasks' (docs/job-life-cycle.md, "One order").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, String, bindparam, delete, func, select, update

from webkiln.store.among import among, among_chosen
from webkiln.store.schema import AVAILABLE, RUNNING, hosts, jobs, tasks
from webkiln.store.staging import RELEASED
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What one host of the web bears: pages in flight at once, and seconds between two; 0 is no limit."""

    concurrency: int = 0
    delay_s: float = 0.0

    def __bool__(self) -> bool:
        """Return whether there is any limit."""
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
        RELEASED,
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
    select(hosts)
    .where(among(hosts.c.host, "names"))
    .order_by(hosts.c.host)
    # Another claim's hosts are passed by: there is other work.
    .with_for_update(skip_locked=True)
)
_KNOWN = select(hosts.c.host).where(among(hosts.c.host, "names"))
_HEARD_OF = select(hosts).where(among(hosts.c.host, "names")).order_by(hosts.c.host).with_for_update()
_IN_FLIGHT = (
    select(tasks.c.host, func.count()).where(_in_flight, among(tasks.c.host, "names")).group_by(tasks.c.host)
)
_REST = (
    update(hosts).where(hosts.c.host == bindparam("name", type_=String)).values(next_at=bindparam("until"))
)


@dataclass(frozen=True, slots=True)
class HostNews:
    """What an answer said of how its host wants to be asked.

    `busy_s`: too many requests, and nothing more for so many seconds. `asked_s`: what its robots.txt
    wants between two requests.
    """

    host: str
    busy_s: float | None = None
    asked_s: float | None = None


class Places:
    """How many tasks of each host one claim may begin; the rows of these hosts are held."""

    def __init__(self) -> None:
        """Start with no host."""
        self.resting: dict[str, float] = {}
        """Until when hosts rest that something was begun of."""
        self._free: dict[str, int] = {}
        self._rests_s: dict[str, float] = {}

    def add(self, host: str, *, free: int, rests_s: float) -> None:
        """Have `free` places of a host, which rests `rests_s` after each task that is begun."""
        self._free[host] = 1 if rests_s else free
        self._rests_s[host] = rests_s

    def free(self, host: str) -> int:
        """Return how many tasks of a host may be begun now."""
        return self._free.get(host, 0)

    def take(self, host: str, count: int, now: float) -> None:
        """Give places of a host away."""
        self._free[host] -= count
        if count and self._rests_s[host]:
            self.resting[host] = now + self._rests_s[host]


_FIRST_PACE_S = 0.5
_LONGEST_PACE_S = 10.0
_ONE_COMPLAINT_S = 1.0
_EASES_S = 15.0  # in which a host that did not complain again is taken to bear twice as much
_NEGLIGIBLE_S = 0.05
_REMEMBERED_S = 150.0  # after which the longest pace has eased to nothing
_ASKED_FOR_S = 86_400.0  # as long as a robots.txt is kept
_SLOW = select(hosts.c.host).where(hosts.c.slow_until > bindparam("now")).limit(1)


def any_slow(connection: Connection, now: float) -> bool:
    """Return whether there is a host with a pace of its own."""
    return connection.execute(_SLOW, {"now": now}).first() is not None


def hear(connection: Connection, news: Sequence[HostNews], now: float) -> None:
    """Note what answers said of their hosts."""
    names = sorted({one.host for one in news})
    if not names:
        return
    _make_known(connection, names)
    for row in connection.execute(_HEARD_OF, {"names": names}).all():
        of_host = [one for one in news if one.host == row.host]
        values: dict[str, float] = {}
        asked = max((one.asked_s for one in of_host if one.asked_s is not None), default=None)
        if asked is not None:
            values |= {"asked_s": asked, "slow_until": now + _ASKED_FOR_S}
        busy = max((one.busy_s for one in of_host if one.busy_s is not None), default=None)
        if busy is not None:
            # Answers to requests that were on their way already are no news.
            again = now - row.paced_at >= _ONE_COMPLAINT_S
            pace = min(max(2 * _eased(row, now), _FIRST_PACE_S), _LONGEST_PACE_S)
            values |= {"pace_s": pace, "paced_at": now} if again else {}
            values["next_at"] = max(row.next_at, now + busy)
            values["slow_until"] = max(values.get("slow_until", row.slow_until), now + busy + _REMEMBERED_S)
        connection.execute(update(hosts).where(hosts.c.host == row.host).values(**values))


def _make_known(connection: Connection, names: Sequence[str]) -> None:
    """Insert the hosts that are new, in their order.

    Only those: to insert a row that is there, even to no effect, waits for whoever is changing it.
    """
    known = set(connection.execute(_KNOWN, {"names": list(names)}).scalars())
    new = [{"host": name, "next_at": 0.0} for name in sorted(set(names) - known)]
    if new:
        connection.execute(upsert(connection, hosts).on_conflict_do_nothing(), new)


def _eased(row: Row[tuple[Any, ...]], now: float) -> float:
    """Return what is left of a pace that was learned some time ago."""
    pace: float = row.pace_s * 0.5 ** (max(now - row.paced_at, 0.0) / _EASES_S)
    return pace if pace >= _NEGLIGIBLE_S else 0.0


def _pace(row: Row[tuple[Any, ...]], limits: HostLimits, now: float) -> float:
    """Return the seconds between two requests to a host."""
    if row.slow_until <= now:
        return limits.delay_s
    asked: float = row.asked_s
    return max(limits.delay_s, asked, _eased(row, now))


def free_hosts(
    connection: Connection, job_id: str, *, want: int, limits: HostLimits, now: float
) -> list[str] | None:
    """Return hosts of which a job has something due, and that seem to have a place, without holding them.

    None when no task of the job that waits names a host.
    """
    most = limits.concurrency or _MANY
    found = connection.execute(_FREE, {"job": job_id, "most": most, "now": now, "want": want}).scalars()
    names = sorted(found)
    return names if names or _names_hosts(connection, job_id) else None


def hold(
    connection: Connection, names: Collection[str], *, most_each: int, limits: HostLimits, now: float
) -> Places:
    """Hold the rows of hosts, those that no other claim holds; return what may be begun of each."""
    places = Places()
    if not names:
        return places
    most = limits.concurrency or _MANY
    ordered = sorted(names)
    _make_known(connection, ordered)
    held = connection.execute(_HELD, {"names": ordered}).all()
    in_flight = {row[0]: row[1] for row in connection.execute(_IN_FLIGHT, {"names": ordered})}
    for row in held:
        free = most - in_flight.get(row.host, 0)
        if row.next_at <= now and free > 0:
            places.add(row.host, free=min(free, most_each), rests_s=_pace(row, limits, now))
    return places


def _names_hosts(connection: Connection, job_id: str) -> bool:
    return connection.execute(_FIRST, {"job": job_id}).scalar() is not None


def let_rest(connection: Connection, until: Mapping[str, float]) -> None:
    """Begin nothing more of these hosts, whose rows are held, before their moments."""
    if until:
        connection.execute(_REST, [{"name": name, "until": end} for name, end in sorted(until.items())])


def next_free(connection: Connection, job_id: str, now: float) -> float | None:
    """Return when the first resting host of a job may be asked again; None when none of them rests."""
    of_job = select(_line.c.host).where(_line.c.host.is_not(None))
    earliest = select(func.min(hosts.c.next_at)).where(hosts.c.next_at > now, hosts.c.host.in_(of_job))
    return connection.execute(earliest, {"job": job_id}).scalar()


def prune(connection: Connection, *, before: float, limit: int) -> int:
    """Forget up to `limit` hosts that were free again before the moment `before`; answer how many."""
    old = (
        select(hosts.c.host)
        .where(hosts.c.next_at < before, hosts.c.slow_until < before)
        .order_by(hosts.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(delete(hosts).where(among_chosen(hosts.c.host, old))).rowcount
