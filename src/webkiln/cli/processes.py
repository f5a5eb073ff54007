"""What the processes behind `webkiln serve` and `webkiln worker` do.

`python -m webkiln.cli.processes api DESCRIPTOR | worker SLOT | prepare URL COMMAND | look |
supervise PLAN …` is how they are started (an empty SLOT is the first that is free): each loads its
own parts alone, and reads its settings from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
from typing import TYPE_CHECKING

import structlog

from webkiln.engine.supervisor import Plan, Supervisor, die_with_parent
from webkiln.telemetry.logs import set_up_logging

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from webkiln.settings import Settings

log = structlog.get_logger(__name__)

_INTERRUPTED = 128 + signal.SIGINT
_KEY = "$WEBKILN_API_KEY"
_LOOK_S = 0.25  # how often a server that ends looks whether a worker is still there


async def work(settings: Settings, slot: str | None) -> None:
    """Be a worker until SIGTERM or SIGINT; without a `slot`, in the first that is free on this host.

    A second SIGINT ends it at once; what it had in hand goes to others when its lease is over.
    """
    from webkiln.engine.slots import free_slot  # noqa: PLC0415 (each process loads its own parts)
    from webkiln.wiring.foundation import require_database  # noqa: PLC0415

    require_database(settings.storage)  # before a mistyped folder is made
    with free_slot(settings.storage.data_dir) if slot is None else contextlib.nullcontext(slot) as name:
        _log_as(settings, name)
        await _work(settings, name)


async def _work(settings: Settings, name: str) -> None:
    _follow_supervisor()
    stop = asyncio.Event()

    def interrupted() -> None:
        if stop.is_set():
            os._exit(_INTERRUPTED)
        log.info("stopping; Ctrl-C again ends at once", most_s=settings.engine.drain_s)
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted)
    from webkiln.engine.watchdog import heartbeat  # noqa: PLC0415 (each process loads its own parts)
    from webkiln.wiring.foundation import foundation  # noqa: PLC0415
    from webkiln.wiring.worker import run_worker  # noqa: PLC0415

    said = settings.log
    with heartbeat(silent_s=settings.engine.lease_s, level=said.log_level, form=said.log_format) as heart:
        async with foundation(settings) as base:
            await run_worker(settings, base, slot=name, stop=stop, heartbeat=heart)


async def answer(settings: Settings, descriptor: int) -> None:
    """Be the API on an open socket until SIGTERM."""
    _log_as(settings, "api")
    _follow_supervisor()
    from webkiln.cli.http_server import HttpServer  # noqa: PLC0415 (each process loads its own parts)
    from webkiln.wiring.api import api  # noqa: PLC0415
    from webkiln.wiring.foundation import foundation  # noqa: PLC0415

    async with foundation(settings) as base, api(settings, base) as app:
        server = HttpServer(app, drain_s=settings.engine.drain_s)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        serving = asyncio.create_task(server.serve([socket.socket(fileno=descriptor)]))
        attending = asyncio.create_task(base.attend())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, attending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.stop()
        while not serving.done():
            await asyncio.wait({serving}, timeout=_LOOK_S)
            if not await base.lifecycle.has_workers():
                server.give_up()  # nobody is left to do what clients still wait for
        await serving
        if attending.done():
            attending.result()  # why it ended
        for task in (attending, stopping):  # before the database is closed that they ask
            task.cancel()
        await asyncio.wait({attending, stopping})


async def prepare(settings: Settings, base_url: str, keys_command: str) -> None:
    """Migrate, make the first or the preset key, and print how to use it.

    `keys_command` makes further keys, as it can be pasted.
    """
    from webkiln.operations.keys import Keys  # noqa: PLC0415 (each process loads its own parts)
    from webkiln.wiring.blobs import check_blobs  # noqa: PLC0415
    from webkiln.wiring.foundation import foundation  # noqa: PLC0415

    await check_blobs(settings)
    await look_for_browser(settings)
    async with foundation(settings, migrate=True) as base:
        keys = Keys(base.database)
        key = None
        if settings.server.auth == "keys":
            preset = settings.server.api_key
            if preset is not None:
                await keys.create(name="preset", key=preset.get_secret_value())
            elif not await keys.list_all():
                key = await keys.create(name="first")
        _say(f"Webkiln serves on {base_url}")
        if key is not None:
            _say(f"\n  API key: {key}\n\nThe key is shown this once. More: {keys_command}\n")
        known = key is not None or settings.server.auth == "none"
        auth = "" if settings.server.auth == "none" else f' -H "Authorization: Bearer {key or _KEY}"'
        place = shlex.quote(f"{base_url}/v2/scrape")  # the brackets of an IPv6 address are a shell's too
        _say(
            f"Try it{'' if known else ', with your key in WEBKILN_API_KEY'}:\n\n  curl -s {place}{auth}"
            ' -H "Content-Type: application/json"'
            ' -d \'{"url": "https://example.com"}\'\n'
        )


def _log_as(settings: Settings, process: str) -> None:
    from webkiln.settings.secrets import secrets_of  # noqa: PLC0415 (the supervisor needs none)

    set_up_logging(
        level=settings.log.log_level,
        form=settings.log.log_format,
        process=process,
        secrets=secrets_of(settings),
    )


async def look_for_browser(settings: Settings) -> None:
    """Find out whether this machine shows pages, for the processes that follow, and log why not."""
    from webkiln.wiring.browser_findings import look  # noqa: PLC0415 (may load what drives a browser)

    set_up_logging(level=settings.log.log_level, form=settings.log.log_format, process="start")
    await look(settings)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _follow_supervisor() -> None:
    if os.environ.get("WEBKILN_CHILD"):
        die_with_parent()


def run(work: Coroutine[None, None, None]) -> int:
    """Run a process or a command; what it cannot do is one line on standard error and status 1."""
    import uvloop  # noqa: PLC0415 (the supervisor needs none of these)

    set_up_logging(level="warning", form="console", process="webkiln")

    from webkiln import errors  # noqa: PLC0415
    from webkiln.store.step import WrongSchema  # noqa: PLC0415

    try:
        uvloop.run(work)
    except (errors.WebkilnError, WrongSchema) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def main(arguments: list[str]) -> int:
    """Be one of the processes of `webkiln serve`."""
    role, detail, *more = [*arguments, ""]
    if role == "supervise":
        level, form, _ = more
        set_up_logging(level=level, form=form, process="serve")
        asyncio.run(Supervisor(Plan.decode(detail)).run())
        return 0
    from webkiln import settings as configuration  # noqa: PLC0415 (the supervisor needs none)

    settings = configuration.load()
    if role == "worker":
        return run(work(settings, detail or None))
    if role == "api":
        return run(answer(settings, int(detail)))
    if role == "look":
        return run(look_for_browser(settings))
    return run(prepare(settings, detail, more[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
