"""`webkiln keys`: works on the database directly, whether or not a server runs; it never makes one."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from webkiln.cli.output import harmless
from webkiln.operations.keys import Keys
from webkiln.wiring.foundation import foundation

if TYPE_CHECKING:
    from webkiln.settings import Settings
    from webkiln.store.teams import ApiKey

_HEADINGS = ("id", "team", "name", "key", "credits a month", "made", "revoked")
_GAP = 2


async def create(settings: Settings, *, team: str, name: str, credit_limit: int | None) -> None:
    """Make a key and print it alone on a line."""
    async with foundation(settings) as base:
        typer.echo(await Keys(base.database).create(team=team, name=name, credit_limit=credit_limit))


async def show(settings: Settings) -> None:
    """Print all keys: to a terminal in columns as wide as it is, to a pipe with tabs between."""
    async with foundation(settings) as base:
        found = await Keys(base.database).list_all()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in listed(found, width):
        typer.echo(line)


async def revoke(settings: Settings, key_id: str) -> None:
    """Revoke one key; an id that names no valid key ends with status 1."""
    async with foundation(settings) as base:
        if not await Keys(base.database).revoke(key_id):
            typer.echo(f"No valid key has the id {key_id}.", err=True)
            raise typer.Exit(1)
    typer.echo("Revoked.")


def listed(keys: list[ApiKey], width: int | None) -> list[str]:
    """Return the lines of a list, nothing in it cut short.

    Where its columns are wider than `width` characters each key takes two lines, the id on its own;
    None is a pipe, where there are tabs between the columns.
    """
    rows = [_HEADINGS, *(_row(key) for key in keys)]
    if width is None:
        return ["\t".join(row) for row in rows]
    if _width(rows) <= width:
        return _columns(rows)
    beside = _columns([row[1:] for row in rows])
    return [text for row, line in zip(rows, beside, strict=True) for text in (row[0], f"  {line}")]


def _row(key: ApiKey) -> tuple[str, ...]:
    limit = "no limit" if key.credit_limit is None else str(key.credit_limit)
    revoked = "" if key.revoked_at is None else _day(key.revoked_at)
    words = (key.id, key.team, key.name, key.shown_as, limit, _day(key.created_at), revoked)
    return tuple(harmless(word.replace("\t", " ").replace("\n", " ")) for word in words)


def _widths(rows: list[tuple[str, ...]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _width(rows: list[tuple[str, ...]]) -> int:
    widths = _widths(rows)
    return sum(widths) + _GAP * (len(widths) - 1)


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = _widths(rows)
    return [
        (" " * _GAP).join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
