"""The client commands as one program; `python -m unit.cli.commands batch …` runs it."""

from __future__ import annotations

import typer

from webkiln.cli.batch import batch
from webkiln.cli.cancel import cancel
from webkiln.cli.crawl import crawl
from webkiln.cli.map import map_site
from webkiln.cli.pause import pause, resume
from webkiln.cli.rejoin import follow
from webkiln.cli.scrape import scrape
from webkiln.cli.search import search
from webkiln.cli.status import status

app = typer.Typer()
for command in (scrape, batch, crawl, search, status, follow, cancel, pause, resume):
    app.command()(command)
app.command("map")(map_site)

if __name__ == "__main__":
    app()
