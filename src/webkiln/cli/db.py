"""`webkiln db`: the schema, before anything is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webkiln.store.schema import STEP
from webkiln.store.step import WrongSchema, read_step
from webkiln.wiring.foundation import foundation, naming_the_file, open_store, require_database

if TYPE_CHECKING:
    from webkiln.settings import Settings


async def upgrade(settings: Settings) -> None:
    """Bring the schema up to date and say where it is; raises WrongSchema for a newer program's."""
    before = await _step(settings, make=True)
    async with foundation(settings, migrate=True) as base:
        await base.database.migrate(read_step)  # whatever else a new version wants of the database
        typer.echo(f"at step {STEP} already" if before == STEP else f"from {before or 'nothing'} to {STEP}")


async def current(settings: Settings) -> None:
    """Print the step, or that there is none."""
    typer.echo(await _step(settings) or "none: the database is empty")


async def check(settings: Settings) -> None:
    """Say that all is well; raises Unavailable or WrongSchema when it is not."""
    found = await _step(settings)
    if found != STEP:
        raise WrongSchema(found)
    typer.echo(f"at step {STEP}, as this program needs it")


async def _step(settings: Settings, *, make: bool = False) -> str | None:
    if not make:
        require_database(settings.storage)
    database, _ = open_store(settings.storage)
    try:
        with naming_the_file(settings.storage):
            return await database.read(read_step)
    finally:
        await database.close()
