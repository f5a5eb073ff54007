"""`webkiln browser`: whether this machine shows pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webkiln.wiring.browser_findings import show_once

if TYPE_CHECKING:
    from webkiln.settings import Settings


async def show(settings: Settings) -> None:
    """Say that a page was shown; otherwise say why not, and end with status 1."""
    findings = await show_once(settings)
    if findings.problem is not None:
        typer.echo(findings.problem, err=True)
        raise typer.Exit(1)
    typer.echo("A page was shown in the browser, and a picture taken of it.")
