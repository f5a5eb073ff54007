"""Every command on one page. Modules are loaded by the command that needs them: workers stay small."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln import settings as configuration
from webkiln.cli.batch import batch
from webkiln.cli.cancel import cancel
from webkiln.cli.crawl import crawl
from webkiln.cli.map import map_site
from webkiln.cli.pause import pause, resume
from webkiln.cli.rejoin import follow
from webkiln.cli.scrape import scrape
from webkiln.cli.search import search
from webkiln.cli.status import status

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from webkiln.settings import Settings

app = typer.Typer(
    name="webkiln",
    help="Your own web-data API: scrape pages, batches and sites into Markdown.",
    epilog="Settings come from the environment, and from a file .env in the working directory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.command()(scrape)
app.command()(batch)
app.command()(crawl)
app.command("map")(map_site)
app.command()(search)
app.command()(status)
app.command()(follow)
app.command()(cancel)
app.command()(pause)
app.command()(resume)
app.add_typer(keys_app, name="keys")
app.add_typer(db_app, name="db")

DataDir = Annotated[Path | None, typer.Option(help="Folder of the database and other files.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="Database; SQLite in the data folder when not given.")]


def settings_or_exit(**overrides: Any) -> Settings:
    """Load the settings; mistakes are listed and end the command with status 2.

    Names that look like settings and are none are told.
    """
    for mistake in configuration.misspelt():
        typer.echo(f"Warning: {mistake}", err=True)
    try:
        return configuration.load(**overrides)
    except configuration.InvalidSettings as error:
        typer.echo(error.told, err=True)
        raise typer.Exit(2) from None


def run(work: Coroutine[None, None, None]) -> None:
    """Run a command's coroutine; a failure ends the command with status 1."""
    from webkiln.cli import processes  # noqa: PLC0415 (loads the store)

    code = processes.run(work)
    if code:
        raise typer.Exit(code)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (as an option's callback is called)
    if wanted:
        from webkiln.cli.version import described  # noqa: PLC0415

        typer.echo(described())
        raise typer.Exit


@app.callback()
def about(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print what runs here, for a report."
        ),
    ] = False,
) -> None:
    """Your own web-data API: scrape pages, batches and sites into Markdown."""
    assert not version  # noqa: S101 (the callback has ended the program)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 when not given.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port to listen on; 3002 when not given.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; one per core when not given.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve the API, with its workers."""
    from webkiln.cli.serve import serve as start  # noqa: PLC0415

    overrides = {
        "host": host,
        "port": port,
        "workers": workers,
        "data_dir": data_dir,
        "database_url": database_url,
    }
    raise typer.Exit(start(settings_or_exit(**overrides), configuration.as_environment(**overrides)))


@app.command()
def worker(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes; each makes use of one core.")] = 1,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Work on the jobs of a database that other processes serve."""
    overrides = {"data_dir": data_dir, "database_url": database_url}
    settings = settings_or_exit(**overrides)
    from webkiln.cli.serve import look_for_browser, work_together  # noqa: PLC0415

    look_for_browser(configuration.as_environment(**overrides))
    if workers > 1:
        work_together(settings, configuration.as_environment(**overrides), workers)
    from webkiln.cli.processes import work  # noqa: PLC0415

    run(work(settings, None))


@app.command("browser")
def show_in_browser() -> None:
    """Show a page in the browser once, and say whether that works or what is missing."""
    from webkiln.cli.browser import show  # noqa: PLC0415

    run(show(settings_or_exit()))


@keys_app.command("create")
def create_key(
    team: Annotated[str, typer.Option(help="Team the key belongs to; made when there is none.")] = "default",
    name: Annotated[str, typer.Option(help="What to call the key.")] = "key",
    credit_limit: Annotated[
        int | None, typer.Option(help="Credits a month after which the key answers 402.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a key and print it: the only time it is seen."""
    from webkiln.cli import keys  # noqa: PLC0415

    settings = settings_or_exit(data_dir=data_dir, database_url=database_url)
    run(keys.create(settings, team=team, name=name, credit_limit=credit_limit))


@keys_app.command("list")
def list_keys(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List all keys, without the keys themselves."""
    from webkiln.cli import keys  # noqa: PLC0415

    run(keys.show(settings_or_exit(data_dir=data_dir, database_url=database_url)))


@keys_app.command("revoke")
def revoke_key(key_id: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """End a key's validity at once."""
    from webkiln.cli import keys  # noqa: PLC0415

    run(keys.revoke(settings_or_exit(data_dir=data_dir, database_url=database_url), key_id))


@db_app.command("upgrade")
def upgrade_schema(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the schema up to date; of several at once, one does it."""
    from webkiln.cli.db import upgrade  # noqa: PLC0415

    run(upgrade(settings_or_exit(data_dir=data_dir, database_url=database_url)))


@db_app.command("current")
def show_schema(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Print the migration step the database is at."""
    from webkiln.cli.db import current  # noqa: PLC0415

    run(current(settings_or_exit(data_dir=data_dir, database_url=database_url)))


@db_app.command("check")
def check_schema(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """End with status 0 when the database answers and is at this program's step, else with 1 and a reason."""
    from webkiln.cli.db import check  # noqa: PLC0415

    run(check(settings_or_exit(data_dir=data_dir, database_url=database_url)))
