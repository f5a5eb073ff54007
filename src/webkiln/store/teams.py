"""Statements on teams, their API keys and what they used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from webkiln import ids
from webkiln.store.schema import api_keys, teams, usage
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: everything but the key."""

    id: str
    team_id: str
    team: str
    name: str
    shown_as: str
    credit_limit: int | None
    created_at: float
    revoked_at: float | None


_KEY = [
    api_keys.c.id,
    api_keys.c.team_id,
    teams.c.name.label("team"),
    api_keys.c.name,
    api_keys.c.shown_as,
    api_keys.c.credit_limit,
    api_keys.c.created_at,
    api_keys.c.revoked_at,
]
_KEYS = select(*_KEY).join(teams, teams.c.id == api_keys.c.team_id)


def ensure_team(connection: Connection, name: str, now: float) -> str:
    """Return the id of the team called `name`, making it when there is none."""
    found: str | None = connection.execute(select(teams.c.id).where(teams.c.name == name)).scalar()
    if found is not None:
        return found
    # Another server may make it at the same moment: its team is the one then.
    connection.execute(
        upsert(connection, teams).values(id=ids.new_id(), name=name, created_at=now).on_conflict_do_nothing()
    )
    return str(connection.execute(select(teams.c.id).where(teams.c.name == name)).scalar_one())


def insert_key(
    connection: Connection,
    *,
    team_id: str,
    name: str,
    digest: bytes,
    shown_as: str,
    credit_limit: int | None,
    now: float,
) -> str:
    """Insert a key by its digest, unless it is there already, and return its id."""
    connection.execute(
        upsert(connection, api_keys)
        .values(
            id=ids.new_id(),
            team_id=team_id,
            name=name,
            digest=digest,
            shown_as=shown_as,
            credit_limit=credit_limit,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    return str(connection.execute(select(api_keys.c.id).where(api_keys.c.digest == digest)).scalar_one())


def find_key(connection: Connection, digest: bytes) -> ApiKey | None:
    """Return the valid key with this digest, or None."""
    row = connection.execute(
        _KEYS.where(api_keys.c.digest == digest, api_keys.c.revoked_at.is_(None))
    ).one_or_none()
    return None if row is None else ApiKey(*row)


def list_keys(connection: Connection) -> list[ApiKey]:
    """Return every key ever made, the oldest first."""
    return [ApiKey(*row) for row in connection.execute(_KEYS.order_by(api_keys.c.created_at, api_keys.c.id))]


def revoke_key(connection: Connection, key_id: str, now: float) -> bool:
    """End a key's validity; answer whether there was such a valid key."""
    reached = connection.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return reached.rowcount == 1


def restore_key(connection: Connection, digest: bytes) -> bool:
    """Make the key with this digest valid again; answer whether there was one."""
    return (
        connection.execute(
            update(api_keys).where(api_keys.c.digest == digest).values(revoked_at=None)
        ).rowcount
        == 1
    )


def add_usage(connection: Connection, credits_used: Mapping[tuple[str, str], int], month: str) -> None:
    """Add credits to the months' sums, by (team id, key id)."""
    for (team_id, key_id), amount in sorted(credits_used.items()):
        if amount:
            row = upsert(connection, usage).values(
                team_id=team_id, key_id=key_id, month=month, credits=amount
            )
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["team_id", "key_id", "month"],
                    set_={"credits": usage.c.credits + row.excluded.credits},
                )
            )


def used(connection: Connection, team_id: str, month: str) -> int:
    """Return the credits a team used in `month` (YYYY-MM)."""
    total = connection.execute(
        select(func.coalesce(func.sum(usage.c.credits), 0)).where(
            usage.c.team_id == team_id, usage.c.month == month
        )
    ).scalar_one()
    return int(total)


def used_by_key(connection: Connection, key_id: str, month: str) -> int:
    """Return the credits one key used in `month` (YYYY-MM)."""
    total = connection.execute(
        select(func.coalesce(func.sum(usage.c.credits), 0)).where(
            usage.c.key_id == key_id, usage.c.month == month
        )
    ).scalar_one()
    return int(total)


def history(connection: Connection, team_id: str, *, by_key: bool) -> list[tuple[str, str | None, int]]:
    """Return (month, key name, credits), the newest month first; the name only when `by_key`."""
    columns = [usage.c.month, *([api_keys.c.name] if by_key else []), func.sum(usage.c.credits)]
    query = (
        select(*columns)
        .select_from(usage.outerjoin(api_keys, api_keys.c.id == usage.c.key_id))
        .where(usage.c.team_id == team_id)
        .group_by(*columns[:-1])
        .order_by(usage.c.month.desc())
    )
    rows = connection.execute(query).all()
    return [(row[0], row[1] if by_key else None, int(row[-1])) for row in rows]


def credit_limit(connection: Connection, team_id: str) -> int | None:
    """Return the sum of a team's monthly limits, or None when one of its keys has none."""
    limits = list(
        connection.execute(
            select(api_keys.c.credit_limit).where(
                api_keys.c.team_id == team_id, api_keys.c.revoked_at.is_(None)
            )
        ).scalars()
    )
    return None if not limits or None in limits else sum(limit for limit in limits if limit is not None)
