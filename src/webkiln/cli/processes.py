"""What the processes behind `webkiln serve` and `webkiln worker` do."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import TYPE_CHECKING

import typer
import uvicorn

from webkiln import ids, wiring
from webkiln.engine.supervisor import die_with_parent
from webkiln.operations.keys import Keys
from webkiln.telemetry import set_up_logging

if TYPE_CHECKING:
    from webkiln.settings import Settings

_LAST_ANSWERS_S = 5


async def work(settings: Settings, slot: str | None) -> None:
    """Be a worker until SIGTERM or SIGINT."""
    name = slot or f"worker-{ids.new_id()}"
    set_up_logging(level=settings.log.log_level, form=settings.log.log_format, process=name)
    _follow_supervisor()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with wiring.foundation(settings) as base:
        await wiring.run_worker(settings, base, slot=name, stop=stop)


async def answer(settings: Settings, descriptor: int) -> None:
    """Be the API on an open socket until SIGTERM."""
    set_up_logging(level=settings.log.log_level, form=settings.log.log_format, process="api")
    _follow_supervisor()
    async with wiring.foundation(settings) as base, wiring.api(settings, base) as app:
        await uvicorn.Server(server_config(app)).serve(sockets=[socket.socket(fileno=descriptor)])


def server_config(app: object) -> uvicorn.Config:
    """Return how every Webkiln API process runs its HTTP server."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn takes any ASGI application
        http="httptools",
        loop="none",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )


async def prepare(settings: Settings, base_url: str) -> None:
    """Migrate, make the first or the preset key, and print how to use it."""
    async with wiring.foundation(settings, migrate=True) as base:
        keys = Keys(base.database)
        key = None
        if settings.server.auth == "keys":
            preset = settings.server.api_key
            if preset is not None:
                await keys.create(name="preset", key=preset.get_secret_value())
            elif not await keys.list_all():
                key = await keys.create(name="first")
        typer.echo(f"Webkiln serves on {base_url}")
        if key is not None:
            typer.echo(f"\n  API key: {key}\n\nThe key is shown this once. More: webkiln keys create\n")
        shown = key or "$WEBKILN_API_KEY"
        auth = "" if settings.server.auth == "none" else f' -H "Authorization: Bearer {shown}"'
        typer.echo(
            f"Try it:\n\n  curl -s {base_url}/v2/scrape{auth}"
            ' -H "Content-Type: application/json"'
            ' -d \'{"url": "https://example.com"}\'\n'
        )


async def upgrade(settings: Settings) -> None:
    """Bring the schema up to date and say where it is."""
    async with wiring.foundation(settings, migrate=True):
        typer.echo("The schema is up to date.")


def _follow_supervisor() -> None:
    if os.environ.get("WEBKILN_CHILD"):
        die_with_parent()
