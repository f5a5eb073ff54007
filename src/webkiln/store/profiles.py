"""Profiles: what a browser remembers from one page of a team to the next, one writer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, or_, select, update

from webkiln import errors
from webkiln.store.schema import profiles, teams
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


_TOUCHED_S = 3_600.0


def read(connection: Connection, team_id: str, name: str) -> bytes | None:
    """Return what is remembered; None for a profile that is new."""
    return connection.execute(select(profiles.c.state).where(_is(team_id, name))).scalar()


_TEAM = select(teams.c.id).where(teams.c.id == bindparam("team")).with_for_update()


def touch(connection: Connection, team_id: str, name: str, now: float) -> None:
    """Note that a profile was used, though not written; often enough for it not to expire."""
    connection.execute(
        update(profiles).where(_is(team_id, name), profiles.c.used_at < now - _TOUCHED_S).values(used_at=now)
    )


def hold(
    connection: Connection,
    team_id: str,
    name: str,
    *,
    holder: str,
    now: float,
    until: float,
    most: int,
) -> tuple[bool, bytes | None]:
    """Become the profile's writer until then; return whether that was possible, and what is remembered.

    `holder` may hold it already: the task of a worker that died, tried again. Raises ProfileLimit when
    the profile is new and its team has `most` already.
    """
    if connection.execute(select(profiles.c.name).where(_is(team_id, name))).first() is None:
        connection.execute(_TEAM, {"team": team_id})  # of several new ones at once, each counts those before
        there = select(func.count()).select_from(profiles).where(profiles.c.team_id == team_id)
        if connection.execute(there).scalar_one() >= most:
            raise errors.ProfileLimit(f"The team has {most} profiles, and may have no more; delete one.")
    connection.execute(
        upsert(connection, profiles).on_conflict_do_nothing(),
        {"team_id": team_id, "name": name, "used_at": now, "held_until": 0.0},
    )
    free = or_(profiles.c.held_by.is_(None), profiles.c.held_until <= now, profiles.c.held_by == holder)
    held = connection.execute(
        update(profiles)
        .where(_is(team_id, name), free)
        .values(held_by=holder, held_until=until, used_at=now)
        .returning(profiles.c.state)
    ).first()
    return (False, None) if held is None else (True, held[0])


def part_with(
    connection: Connection, team_id: str, name: str, *, holder: str, now: float, state: bytes | None
) -> bool:
    """Let others write; remember `state` unless it is None. False when somebody else has it by now."""
    values = {"held_by": None, "used_at": now} | ({} if state is None else {"state": state})
    return (
        connection.execute(
            update(profiles).where(_is(team_id, name), profiles.c.held_by == holder).values(values)
        ).rowcount
        == 1
    )


def forget(connection: Connection, team_id: str, name: str) -> bool:
    """Delete a profile; answer whether there was one. A page that holds it remembers nothing of it."""
    return connection.execute(delete(profiles).where(_is(team_id, name))).rowcount == 1


def _expired(now: float, before: float) -> ColumnElement[bool]:
    return (profiles.c.used_at < before) & (profiles.c.held_until <= now)


def needs_prune(connection: Connection, *, now: float, before: float) -> bool:
    """Return whether a profile that nobody holds was last used before a moment."""
    return (
        connection.execute(select(profiles.c.name).where(_expired(now, before)).limit(1)).first() is not None
    )


def prune(connection: Connection, *, now: float, before: float, limit: int) -> int:
    """Delete up to `limit` profiles that were last used before a moment; answer how many."""
    found = (
        select(profiles.c.team_id, profiles.c.name)
        .where(_expired(now, before))
        .order_by(profiles.c.used_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    old = connection.execute(found).all()
    for team_id, name in old:
        connection.execute(delete(profiles).where(_is(team_id, name)))
    return len(old)


def _is(team_id: str, name: str) -> ColumnElement[bool]:
    return (profiles.c.team_id == team_id) & (profiles.c.name == name)
