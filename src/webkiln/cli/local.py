"""A whole server inside this process, on a temporary store: what commands use without one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from webkiln import settings as configuration
from webkiln.cli.http_server import HttpServer
from webkiln.cli.serve import look_for_browser
from webkiln.engine.watchdog import heartbeat
from webkiln.operations.keys import Keys
from webkiln.settings.secrets import secrets_of
from webkiln.telemetry.logs import set_up_logging
from webkiln.wiring.api import api
from webkiln.wiring.foundation import foundation
from webkiln.wiring.worker import run_worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_START_POLL_S = 0.01
_DRAIN_S = 1  # the client of this command has gone by then


@contextlib.asynccontextmanager
async def local_server() -> AsyncIterator[tuple[str, str]]:
    """Serve on a free loopback port until the block ends; yields the URL and a key.

    Everything but the store is as the environment's settings say.
    """
    with tempfile.TemporaryDirectory(prefix="webkiln-") as folder, socket.socket() as listener:
        settings = configuration.load(data_dir=Path(folder), database_url="", start_grace_ms=0, auth="keys")
        set_up_logging(level="error", form="console", process="local", secrets=secrets_of(settings))
        # Files that documents name would be gone with this server: they come inside of them instead.
        door = settings.server.model_copy(update={"public_url": ""})
        settings = settings.model_copy(update={"server": door})
        await asyncio.to_thread(look_for_browser, configuration.as_environment(data_dir=folder))
        listener.bind(("127.0.0.1", 0))
        watching = heartbeat(silent_s=settings.engine.lease_s, level="error", form="console")
        async with contextlib.AsyncExitStack() as stack:
            heart = stack.enter_context(watching)
            base = await stack.enter_async_context(foundation(settings, migrate=True))
            app = await stack.enter_async_context(api(settings, base))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            key = await Keys(base.database).create()
            stop = asyncio.Event()
            server = HttpServer(app, drain_s=_DRAIN_S)
            group.create_task(run_worker(settings, base, slot="local", stop=stop, heartbeat=heart))
            group.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait on)
                await asyncio.sleep(_START_POLL_S)
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}", key
            finally:
                stop.set()
                server.stop()
