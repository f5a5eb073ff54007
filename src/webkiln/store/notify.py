"""The doorbell of many machines: LISTEN and NOTIFY over one connection a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.store.postgres import DRIVER_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    import asyncpg

    from webkiln.store.postgres import PostgresDatabase

log = structlog.get_logger(__name__)

_BEAT_S = 5.0  # how often a silent connection is asked whether it is still there
_ANSWER_S = 2.0
_AGAIN_S = 1.0
_MOST_WAITING = 10_000  # rings kept while the database is away; polling is the net for the rest
_MOST_AT_ONCE = 500
_RING = "SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message"
_GONE = (*DRIVER_ERRORS, errors.Unavailable)


class NotifyDoorbell:
    """Rings through PostgreSQL, on a connection of its own that is opened again whenever it is lost.

    A ring is sent after the commit it tells of, never inside: NOTIFY makes all commits that carry one
    wait for each other.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        """Ring through `database`, on its event loop."""
        self._database = database
        self._ears: list[tuple[asyncio.AbstractEventLoop, Callable[[str], None]]] = []
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._rung = asyncio.Event()
        self._keeping: asyncio.Future[None] | None = None
        self._channel = ""

    async def open(self, hear: Callable[[str], None]) -> None:
        """Listen from now on, or as soon as the database lets us."""
        self._ears.append((asyncio.get_running_loop(), hear))
        self._begin()

    def ring(self, message: str) -> None:
        """Hand a message to the connection's own loop."""
        self._begin()
        self._database.call(self._take, message)

    async def close(self) -> None:
        """Send what is still to be sent, if that is quickly done, and close the connection."""
        if self._keeping is None:
            return
        with contextlib.suppress(*_GONE):
            async with asyncio.timeout(_ANSWER_S):
                # What was rung a moment ago is still on its way to the other loop.
                await asyncio.wrap_future(self._database.start(asyncio.sleep(0)))
                while self._waiting:  # noqa: ASYNC110 (it empties on the other loop)
                    await asyncio.sleep(0.01)
        self._keeping.cancel()
        self._keeping = None

    def _begin(self) -> None:
        if self._keeping is None:
            self._keeping = self._database.start(self._keep())

    def _take(self, message: str) -> None:
        self._waiting.append(message)
        self._rung.set()

    async def _keep(self) -> None:
        """Hold a connection for ever: listen, and send what was rung."""
        deaf = False
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await self._database.connect()
                await self._listen(connection)
                if deaf:
                    log.warning("the doorbell works again")
                    self._tell("work")  # for what was rung meanwhile
                    deaf = False
                while True:
                    await self._send(connection)
            except _GONE as error:
                if not deaf:
                    log.warning(
                        "the doorbell is out of order, polling instead", error=str(error) or "timeout"
                    )
                    deaf = True
                await asyncio.sleep(_AGAIN_S)
            finally:
                if connection is not None:
                    connection.terminate()

    async def _listen(self, connection: asyncpg.Connection) -> None:
        schema = await connection.fetchval("SELECT current_schema()")
        self._channel = f"webkiln_{schema}"[:63]  # several installations may share a database
        await connection.add_listener(self._channel, self._heard)
        connection.add_termination_listener(lambda _: self._rung.set())  # not only the next beat shall tell

    async def _send(self, connection: asyncpg.Connection) -> None:
        """Send what waits; ask for a sign of life when nothing does for a while."""
        if not self._waiting:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_S):
                    await self._rung.wait()
        self._rung.clear()
        if not self._waiting:
            await connection.execute("SELECT 1", timeout=_ANSWER_S)
            return
        while self._waiting:
            batch = list(dict.fromkeys(list(self._waiting)[:_MOST_AT_ONCE]))
            count = min(len(self._waiting), _MOST_AT_ONCE)
            await connection.execute(_RING, self._channel, batch, timeout=_ANSWER_S)
            for _ in range(count):
                self._waiting.popleft()

    def _heard(self, _connection: object, _pid: int, _channel: str, message: object) -> None:
        self._tell(str(message))

    def _tell(self, message: str) -> None:
        for loop, hear in self._ears:
            with contextlib.suppress(RuntimeError):  # a loop that has ended
                loop.call_soon_threadsafe(hear, message)
