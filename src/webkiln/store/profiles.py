"""Profiles: what a browser remembers from one page of a team to the next, one writer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from webkiln.store.schema import profiles
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


def read(connection: Connection, team_id: str, name: str) -> bytes | None:
    """Return what is remembered; None for a profile that is new."""
    return connection.execute(select(profiles.c.state).where(_is(team_id, name))).scalar()


def hold(
    connection: Connection, team_id: str, name: str, *, holder: str, now: float, until: float
) -> tuple[bool, bytes | None]:
    """Become the profile's writer until then; return whether that was possible, and what is remembered.

    `holder` may hold it already: the task of a worker that died, tried again.
    """
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


def _is(team_id: str, name: str) -> ColumnElement[bool]:
    return (profiles.c.team_id == team_id) & (profiles.c.name == name)
