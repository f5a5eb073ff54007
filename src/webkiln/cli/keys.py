"""`webkiln keys`: works on the database directly, whether or not a server runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Column, Table

from webkiln.operations.keys import Keys
from webkiln.wiring.foundation import foundation

if TYPE_CHECKING:
    from webkiln.settings import Settings


async def create(settings: Settings, *, team: str, name: str, credit_limit: int | None) -> None:
    """Make a key and print it alone on a line."""
    async with foundation(settings, migrate=True) as base:
        typer.echo(await Keys(base.database).create(team=team, name=name, credit_limit=credit_limit))


async def show(settings: Settings) -> None:
    """Print a table of all keys."""
    async with foundation(settings, migrate=True) as base:
        found = await Keys(base.database).list_all()
    table = Table(
        Column("id", no_wrap=True, min_width=36), "team", "name", "key", "credits a month", "made", "revoked"
    )
    for key in found:
        limit = "no limit" if key.credit_limit is None else str(key.credit_limit)
        revoked = "" if key.revoked_at is None else _day(key.revoked_at)
        table.add_row(key.id, key.team, key.name, key.shown_as, limit, _day(key.created_at), revoked)
    Console().print(table)


async def revoke(settings: Settings, key_id: str) -> None:
    """Revoke one key; an id that names no valid key ends with status 1."""
    async with foundation(settings, migrate=True) as base:
        if not await Keys(base.database).revoke(key_id):
            typer.echo(f"No valid key has the id {key_id}.", err=True)
            raise typer.Exit(1)
    typer.echo("Revoked.")


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
