"""The client commands as one program; `python -m unit.cli.commands batch …` runs it."""

from __future__ import annotations

import typer

from webkiln.cli.batch import batch
from webkiln.cli.cancel import cancel
from webkiln.cli.scrape import scrape
from webkiln.cli.status import status

app = typer.Typer()
for command in (scrape, batch, status, cancel):
    app.command()(command)

if __name__ == "__main__":
    app()
