"""Statements that find the jobs a claim may serve, without a look at those that wait for a later moment.

Jobs stand in an index by kind, priority and the moment from which they may be served. Who is served
goes to the end of its line, so that the front of a line is who waits longest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, false, func, select

from webkiln.store.among import among
from webkiln.store.schema import RUNNING, jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, FromClause, Row, ScalarSelect

_LOOKED_AT = 1_000  # jobs of one line, from its front: a bound on what a claim costs
_CANDIDATES = 32


def _in_line(table: FromClause) -> ColumnElement[bool]:
    """Return the condition of the index: something of the job waits, and nothing holds it back."""
    columns = table.c
    return (columns.state == RUNNING) & (columns.open > columns.running) & (columns.paused == false())


# Of a job that ends with a number of documents no more are in flight than it may still have.
_HAS_ROOM = (jobs.c.max_concurrency.is_(None) | (jobs.c.running < jobs.c.max_concurrency)) & (
    jobs.c.page_limit.is_(None) | (jobs.c.documents + jobs.c.running < jobs.c.page_limit)
)

# From one line to the next, never along one: there are few, however many jobs stand in them.
_foremost = (
    select(jobs.c.kind, jobs.c.priority)
    .where(_in_line(jobs))
    .order_by(jobs.c.kind, jobs.c.priority)
    .limit(1)
    .subquery("foremost")
)
_line = select(_foremost).cte("line", recursive=True)
_further, _next = jobs.alias("further"), jobs.alias("next")


def _first_of(*where: ColumnElement[bool]) -> ScalarSelect[str]:
    first = select(_further.c.id).where(_in_line(_further), *where)
    ordered = first.order_by(_further.c.kind, _further.c.priority).limit(1)
    return ordered.correlate(_line).scalar_subquery()


_following = func.coalesce(
    _first_of(_further.c.kind == _line.c.kind, _further.c.priority > _line.c.priority),
    _first_of(_further.c.kind > _line.c.kind),
)
_lines = _line.union_all(
    select(_next.c.kind, _next.c.priority).select_from(_line.join(_next, _next.c.id == _following))
)
_front = (
    select(jobs.c.runnable_at)
    .where(_in_line(jobs), jobs.c.kind == _lines.c.kind, jobs.c.priority == _lines.c.priority, _HAS_ROOM)
    .order_by(jobs.c.runnable_at)
    .limit(1)
    .correlate(_lines)
    .scalar_subquery()
)
_LINES = select(_lines.c.kind, _lines.c.priority, _front.label("due")).where(among(_lines.c.kind, "kinds"))

_NAMED = ("id", "kind", "team_id", "key_id", "zero_retention", "priority", "fifo", "served_at")
_runnable = (
    select(*(jobs.c[name] for name in _NAMED), (jobs.c.open - jobs.c.running).label("wanted"))
    .where(
        _in_line(jobs),
        jobs.c.kind == bindparam("kind"),
        jobs.c.priority == bindparam("priority"),
        jobs.c.runnable_at <= bindparam("now"),
        jobs.c.fifo | ~among(jobs.c.team_id, "full"),
        _HAS_ROOM,
    )
    .order_by(jobs.c.runnable_at)
    .limit(_LOOKED_AT)
    .subquery("runnable")
)
_ranked = select(
    _runnable,
    # The place of a job within its team, so that a team of many jobs does not crowd out the others.
    func.row_number().over(partition_by=_runnable.c.team_id, order_by=_runnable.c.served_at).label("place"),
    func.max(_runnable.c.served_at).over(partition_by=_runnable.c.team_id).label("team_served_at"),
).subquery("ranked")
_FROM_LINE = select(_ranked).order_by(_ranked.c.place, _ranked.c.served_at).limit(_CANDIDATES)


class _Line(NamedTuple):
    """Where jobs of one kind and priority stand; `due` is the moment of the first that has room."""

    kind: str
    priority: int
    due: float


def next_due(connection: Connection, kinds: Sequence[str]) -> float | None:
    """Return the earliest moment at which a claim may find something; None when nothing waits."""
    moments = [line.due for line in _fronts(connection, kinds)]
    return min(moments, default=None)


def candidates(
    connection: Connection, kinds: Sequence[str], *, full: Sequence[str], now: float
) -> list[Row[tuple[Any, ...]]]:
    """Return some of the jobs that may be served, the most urgent, of teams that are not `full`.

    They are those of the lowest numbers of priority; among equals each team has its part, and who was
    served longest ago comes first.
    """
    found: list[Row[tuple[Any, ...]]] = []
    lines = [line for line in _fronts(connection, kinds) if line.due <= now]
    for priority in sorted({line.priority for line in lines}):
        beside = [line.kind for line in lines if line.priority == priority]
        for kind in beside:
            given = {"kind": kind, "priority": priority, "now": now, "full": list(full)}
            found += connection.execute(_FROM_LINE, given)
        if len(found) >= _CANDIDATES:
            break
    return sorted(found, key=lambda job: (job.priority, job.place, job.served_at))[:_CANDIDATES]


def _fronts(connection: Connection, kinds: Sequence[str]) -> list[_Line]:
    """Return the lines in which a job has room."""
    lines = connection.execute(_LINES, {"kinds": list(kinds)}).all()
    return [_Line(*line) for line in lines if line.due is not None]
