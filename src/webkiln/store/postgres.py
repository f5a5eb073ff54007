"""PostgreSQL behind `Database`: a pool of connections on an event loop in a thread of its own.

A transaction holds rows that others wait for. On the event loop of the process it would hold them
while pages are rendered between two of its statements; in a thread of its own it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
import structlog
import uvloop
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only, greenlet_spawn

from webkiln.store.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sqlalchemy import Connection, Engine

log = structlog.get_logger(__name__)

T = TypeVar("T")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN"
_WRITE_SOON = "BEGIN; SET LOCAL synchronous_commit TO off"
_MIGRATE = (
    "BEGIN; SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO 0;"
    " SET LOCAL idle_in_transaction_session_timeout TO 0"
)
_BEGIN_S = 2.0  # for a statement that has nothing to do: longer, and the other side is gone
# A transaction whose client fell silent holds its rows so long, and whoever is in line behind it waits
# for the other time at most, twice (for its place in the line, then for the one before it): together
# less than what a client waits for an answer.
_IDLE_S = 1.0
_LOCK_NOT_HAD = "55P03"
_FELL_SILENT = "25P03"
_END_SILENT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = 'webkiln'
      AND state = 'active' AND wait_event = 'ClientRead'
      AND state_change < clock_timestamp() - make_interval(secs => $1)
"""
_LOCK_S = 1.2
_CONNECT_S = 3.0
_WHOLE = 1.15  # of a statement's time for a whole transaction: somebody waits for all of it
_DEEPEST = 9
_TRIES = 6  # of a transaction that lost a race for locks
# Lost races: serialization failure, deadlock.
_AGAIN = frozenset({"40001", "40P01"})
# What passes, or is for the operator to mend; everything else is a mistake of ours. By class:
# connection, authorization, unknown database, resources, intervention, system; then one by one: a
# standby that takes no writes, a session cut off for idling in a transaction, a lock not had in time.
_OUTAGE_CLASSES = ("08", "28", "3D", "53", "57", "58")
_OUTAGES = frozenset({"25006", "25P03", "25P04", "55P03"})
# (https://www.postgresql.org/docs/current/errcodes-appendix.html)

# What the driver raises; the third of them when it is asked for more after the server's last word.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


class PostgresDatabase:
    """One PostgreSQL database, shared by any number of processes on any number of hosts."""

    def __init__(self, url: str, *, pool_size: int, timeout_s: float) -> None:
        """Prepare at most `pool_size` connections to `url`, a libpq URL; none is opened before it is used.

        A statement that takes longer than `timeout_s` counts as an outage.
        """
        self._url = url
        self._timeout_s = timeout_s
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres", daemon=True)
        self._thread.start()
        self._engine = _engine(self.connect, pool_size, timeout_s)
        self._at_work: set[asyncio.Task[Any]] = set()
        self._outage = Outage()
        self._used_at: WeakKeyDictionary[asyncpg.Connection, float] = WeakKeyDictionary()
        self._doubted_at = 0.0

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot, in the database's thread; writers do not block it."""
        return await asyncio.wrap_future(self.start(self._transact(self._engine, _READ, work)))

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in the database's thread; only a `durable` transaction waits for the disk.

        A caller that is cancelled waits for the end of what it began: what it does next, to
        undo it perhaps, must not overtake it.
        """
        begin = _WRITE if durable else _WRITE_SOON
        return await self._to_its_end(self._transact(self._engine, begin, work))

    async def migrate(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that may take any time."""
        engine = _engine(self._connect_patiently, None, None)
        return await self._to_its_end(self._transact(engine, _MIGRATE, work))

    async def close(self) -> None:
        """Close every connection and end the thread."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(self.start(self._wind_up())), self._timeout_s)
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def _wind_up(self) -> None:
        """End what is under way on the database's loop: no socket may outlive it, and nobody wait for it."""
        for task in self._at_work:
            if not task.cancelling():  # once: a second time would cut off its rollback
                task.cancel()
        # With them ends what the driver has to say to the server of those that were cancelled.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        await greenlet_spawn(self._engine.dispose)
        await asyncio.sleep(0)  # sockets close a turn later

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run a coroutine on the database's own loop; its result is a future of `concurrent.futures`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)  # type: ignore[return-value]

    def call(self, function: Callable[..., None], *arguments: object) -> None:
        """Call a function on the database's own loop, soon."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(function, *arguments)

    async def connect(self, *, command_timeout: float | None = None) -> asyncpg.Connection:
        """Open one connection of our own, on the database's loop."""
        limit = self._timeout_s if command_timeout is None else command_timeout
        connection = await asyncpg.connect(self._url, timeout=_CONNECT_S, command_timeout=limit)
        try:
            await _prepare(connection, limit)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _connect_patiently(self) -> asyncpg.Connection:
        return await self.connect(command_timeout=86_400)

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.ensure_future(asyncio.wrap_future(self.start(work)))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not running.done():
                await asyncio.wait({running})
            raise

    async def _transact(self, engine: Engine, begin: str, work: Callable[[Connection], T]) -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (`start` makes one)
        self._at_work.add(task)
        ends_at = math.inf if begin == _MIGRATE else time.monotonic() + _WHOLE * self._timeout_s
        try:
            return await self._try(engine, begin, work, ends_at)
        finally:
            self._at_work.discard(task)

    async def _try(self, engine: Engine, begin: str, work: Callable[[Connection], T], ends_at: float) -> T:
        for tries in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(
                    max(ends_at - time.monotonic(), 0) if ends_at < math.inf else None
                ):
                    result: T = await greenlet_spawn(self._run, engine, begin, work, ends_at)
            except _Stale:
                continue  # nothing was sent: a connection that had waited in the pool was dead
            except (exc.SQLAlchemyError, *DRIVER_ERRORS) as error:
                if (sqlstate(error) in _AGAIN or _was_cut_off(error)) and tries < _TRIES:
                    await asyncio.sleep(random.uniform(0.2, 1.0) * 0.01 * 2**tries)  # noqa: S311 (spreads load)
                    continue
                if isinstance(error, TimeoutError):
                    self._doubted_at = time.monotonic()
                if sqlstate(error) == _LOCK_NOT_HAD:
                    await self._end_the_silent()
                _forget_data(error)
                reason = outage(error)
                if reason is None:
                    raise
                raise self._outage.begins(reason) from error
            self._outage.ends()
            return result
        raise self._outage.begins("the connection was lost")

    async def _end_the_silent(self) -> None:
        """End sessions of ours that hold locks and whose clients said only half of what they wanted.

        Between the parts of a statement PostgreSQL hears of no timeout, and before its version 17
        there is none for whole transactions: a client that vanished there would keep its locks until
        TCP gives it up.
        """
        with contextlib.suppress(*DRIVER_ERRORS):
            connection = await self.connect()
            try:
                ended = await connection.fetchval(_END_SILENT, _IDLE_S, timeout=_BEGIN_S)
            finally:
                connection.terminate()
            if ended:
                log.warning("ended sessions whose clients fell silent", sessions=ended)

    def _run(self, engine: Engine, begin: str, work: Callable[[Connection], T], ends_at: float) -> T:
        """Run one transaction inside a greenlet; the connection is clean, or closed, when this returns."""
        with self._connected(engine) as connection, connection.begin():
            driver = _driver(connection)
            try:
                try:
                    await_only(driver.execute(begin, timeout=_BEGIN_S))
                except DRIVER_ERRORS as error:
                    if driver.is_closed() or isinstance(error, asyncpg.InternalClientError):
                        raise _Stale from None
                    raise
                result = work(connection)
                await_only(driver.execute("COMMIT"))
            except BaseException as error:
                # Who gave no answer in time is not asked for another one.
                if isinstance(error, TimeoutError) or time.monotonic() >= ends_at or not _undone(driver):
                    driver.terminate()
                    connection.invalidate()
                raise
            self._used_at[driver] = time.monotonic()
            return result

    def _connected(self, engine: Engine) -> Connection:
        """Return a connection that is new, or has answered since one of them last did not.

        When a network forgets one connection, it mostly has forgotten those beside it: to wait for
        each in turn would take as many times as long.
        """
        while True:
            connection = engine.connect()
            driver = _driver(connection)
            if self._used_at.setdefault(driver, time.monotonic()) >= self._doubted_at:
                return connection
            driver.terminate()
            connection.invalidate()
            connection.close()


class _Stale(Exception):
    """A pooled connection turned out to be dead before anything was asked of it."""


def _engine(
    connect: Callable[[], Coroutine[Any, Any, asyncpg.Connection]],
    pool_size: int | None,
    timeout_s: float | None,
) -> Engine:
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size is not None:
        # The last in is the first out, so that connections beyond what is needed are left alone.
        pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": timeout_s, "pool_use_lifo": True}
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",  # transactions are begun and ended below, each with one message
        hide_parameters=True,  # the log shows statements, never what was to be stored
        **pool,
    ).sync_engine


def _driver(connection: Connection) -> asyncpg.Connection:
    driver: asyncpg.Connection | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 (only a closed fairy has none)
    return driver


def _undone(driver: asyncpg.Connection) -> bool:
    """Roll back; False when the connection is of no more use."""
    if driver.is_closed():
        return False
    try:
        await_only(driver.execute("ROLLBACK", timeout=_BEGIN_S))
    except DRIVER_ERRORS:  # a timeout is an OSError
        return False
    return True


async def _prepare(connection: asyncpg.Connection, limit_s: float) -> None:
    """Make the server let go of what a client holds that froze or vanished without a word."""
    limit_ms = round(limit_s * 1000)
    idle_ms, lock_ms = (min(limit_ms, round(seconds * 1000)) for seconds in (_IDLE_S, _LOCK_S))
    await connection.execute(
        f"SET idle_in_transaction_session_timeout TO {idle_ms};"
        f"SET statement_timeout TO {limit_ms + 1000}; SET lock_timeout TO {lock_ms};"
        "SET application_name TO 'webkiln'"
    )
    # Niceties that services which only speak PostgreSQL's protocol may not know.
    for nicety in (
        "jit TO off",
        "tcp_keepalives_idle TO 30",
        "tcp_keepalives_interval TO 10",
        "tcp_keepalives_count TO 3",
        "client_connection_check_interval TO 2000",
    ):
        with contextlib.suppress(asyncpg.PostgresError):
            await connection.execute(f"SET {nicety}")


def _forget_data(error: BaseException | None) -> None:
    """Take out of an error, and of what it came from, the stored values that PostgreSQL quotes in details."""
    seen = 0
    while error is not None and seen < _DEEPEST:
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None
        error, seen = getattr(error, "orig", None) or error.__cause__, seen + 1


def _was_cut_off(error: BaseException | None) -> bool:
    """Return whether the server ended the session because we, short of CPU perhaps, said nothing for long.

    Nothing of the transaction is stored then.
    """
    for _ in range(_DEEPEST):
        if error is None:
            return False
        if sqlstate(error) == _FELL_SILENT:
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


def sqlstate(error: BaseException) -> str:
    """Return the five characters by which PostgreSQL names a failure; empty where it did not say."""
    original = getattr(error, "orig", None) or error
    return str(getattr(original, "sqlstate", None) or "")


def outage(error: BaseException) -> str | None:
    """Return in words why the database does not answer, or None when it did and we were wrong.

    The words are safe to show: neither data nor addresses are in them.
    """
    code = sqlstate(error)
    if code.startswith(_OUTAGE_CLASSES) or code in _OUTAGES:
        original = getattr(error, "orig", None) or error
        cause = original.__cause__ if not isinstance(original, asyncpg.PostgresError) else original
        return str(getattr(cause, "message", None) or original).partition("\n")[0]
    if isinstance(error, TimeoutError | exc.TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or "it cannot be reached"
    original = getattr(error, "orig", None) or error
    causes = (original, original.__cause__)  # what SQLAlchemy has made of an error, and the driver's own
    if any(isinstance(cause, asyncpg.InternalClientError) for cause in causes):
        return "the connection was lost"
    if any(isinstance(cause, asyncpg.InterfaceError) for cause in causes):
        return "the connection was lost" if "clos" in str(original) else None
    return None
