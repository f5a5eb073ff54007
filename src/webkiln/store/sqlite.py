"""SQLite behind `Database`: one writing thread a process, a file lock between processes.

SQLite's own busy handler sleeps and starves (a small write waited 4.5 s at p99 under load); with
`flock` around each write transaction the kernel hands the lock on at once. A process that stops in the
middle of one keeps the lock: nobody waits for it longer than the time there is for an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import shutil
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webkiln import errors
from webkiln.store import space
from webkiln.store.file_lock import FileLock
from webkiln.store.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

log = structlog.get_logger(__name__)

T = TypeVar("T")

_READERS = 3
_TIMEOUT_S = 30.0
_BUSY_S = 10.0  # for a program that is not ours and knows nothing of the lock
_TIMES_ITS_SIZE = 3  # the room for a copy, the journal of the change, and some
_PRAGMAS = (
    # Documents are tens of KB: with 16 KB pages, 64 of them cost 4.5 ms of CPU to store, with 4 KB 7.8.
    "PRAGMA page_size=16384",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged job survives a power cut
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA wal_autocheckpoint=500",  # 8 MB: who commits copies them back, and others wait meanwhile
    "PRAGMA journal_size_limit=67108864",
)
_SHRINKABLE = f"PRAGMA auto_vacuum={space.INCREMENTAL}"
# What passes, or is for the operator to mend; everything else is a mistake of ours. BUSY, LOCKED, NOMEM,
# READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (https://sqlite.org/rescode.html).
_OUTAGES = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})


class SqliteDatabase:
    """One SQLite file in WAL mode, shared by any number of processes of one machine."""

    def __init__(self, path: Path, *, timeout_s: float = _TIMEOUT_S) -> None:
        """Open the file, creating it; raises errors.Unavailable when that cannot be done.

        A writing transaction that cannot begin within `timeout_s` counts as an outage.
        """
        try:
            # What clients send, cookies and tokens included, is nobody else's business.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_file = path.with_name(path.name + ".lock").open("a+b")
        except OSError as error:
            raise errors.Unavailable(f"The database {path} cannot be opened: {error.strerror}") from error
        self.path = path
        self._lock = FileLock(self._lock_file)
        self._timeout_s = timeout_s
        self._outage = Outage()
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=NullPool,
            connect_args={"isolation_level": None, "check_same_thread": False},
            hide_parameters=True,  # the log shows statements, never what was to be stored
        )
        event.listen(self._engine, "connect", self._prepare)
        self._writer = ThreadPoolExecutor(1, "sqlite-write")
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-read")
        self._held = threading.local()
        self._open: list[Connection] = []
        self._waits_for_disk = True  # what the writing connection is set to

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a reading thread; writers do not block it."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._reading, work)

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in the writing thread under the lock between processes.

        Only a `durable` transaction waits for the disk; the next one takes it there as well.
        """
        ends_at = time.monotonic() + self._timeout_s
        return await self._in_turn(partial(self._writing, work, durable=durable, ends_at=ends_at))

    async def migrate(self, work: Callable[[Connection], T]) -> T:
        """Run `work` as any other writing transaction, whenever it can begin.

        Then see that the file can be made smaller.
        """
        done = await self._in_turn(partial(self._writing, work, durable=True, ends_at=math.inf))
        await self._in_turn(self._make_shrinkable)
        return done

    async def _in_turn(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, function)

    async def close(self) -> None:
        """Wait for running transactions, then close every connection."""
        await asyncio.to_thread(self._close)

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._held, "connection", None)
        if connection is None:
            connection = self._held.connection = self._engine.connect()
            self._open.append(connection)
        return connection

    def _reading(self, work: Callable[[Connection], T]) -> T:
        try:
            connection = self._connection()
            with connection.begin():
                connection.exec_driver_sql("BEGIN")
                return work(connection)
        except DBAPIError as error:
            if _is_outage(error):
                raise self._outage.begins(_reason(error)) from error
            raise

    def _writing(self, work: Callable[[Connection], T], *, durable: bool, ends_at: float) -> T:
        try:
            with self._alone(ends_at) as connection, connection.begin():
                if durable is not self._waits_for_disk:
                    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                    self._waits_for_disk = durable
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = work(connection)
        except DBAPIError as error:
            if _is_outage(error):
                raise self._outage.begins(_reason(error)) from error
            raise
        self._outage.ends()
        return result

    @contextlib.contextmanager
    def _alone(self, ends_at: float) -> Iterator[Connection]:
        """Hold the lock between processes; raises Unavailable when it cannot be had before `ends_at`."""
        connection = self._connection()
        left = ends_at - time.monotonic()
        # Who stood behind another that waited in vain has waited long enough as well.
        if left <= 0 or not self._lock.take(None if left == math.inf else left):
            raise self._outage.begins("its lock is held by another process")
        try:
            yield connection
        finally:
            self._lock.let_go()

    def _make_shrinkable(self) -> None:
        """Write a file anew whose free pages would stay in it for ever; no transaction can do that."""
        try:
            with self._alone(math.inf) as connection:
                driver = connection.connection.driver_connection
                assert driver is not None  # noqa: S101 (only a closed connection has none)
                if driver.execute("PRAGMA auto_vacuum").fetchone() == (space.INCREMENTAL,):
                    return
                size, free = self.path.stat().st_size, shutil.disk_usage(self.path.parent).free
                mib = size >> 20
                if free < _TIMES_ITS_SIZE * size:
                    log.warning(
                        "too little room to make the database file smaller", mib=mib, free_mib=free >> 20
                    )
                    return
                log.info("writing the database file anew, once", mib=mib, free_mib=free >> 20)
                driver.execute("PRAGMA temp_store=FILE")  # what it is copied to
                driver.execute(_SHRINKABLE)
                driver.execute("VACUUM")
                driver.execute("PRAGMA temp_store=MEMORY")
        except (sqlite3.Error, OSError) as error:
            # All works without; `webkiln db upgrade` tries again.
            log.warning("the database file cannot be made smaller", error=str(error))

    def _prepare(self, connection: sqlite3.Connection, _record: object) -> None:
        wait_ms = round(min(self._timeout_s, _BUSY_S) * 1000)
        connection.execute(f"PRAGMA busy_timeout={wait_ms}")
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute(_SHRINKABLE)  # of any other file this would be a change, each time
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    def _close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        for connection in self._open:
            connection.close()
        self._engine.dispose()
        self._lock_file.close()


def _is_outage(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return (code & 0xFF) in _OUTAGES  # the low byte names the kind, the rest says which of it


def _reason(error: DBAPIError) -> str:
    # The driver's text (disk I/O error, disk is full, locked) is safe to show: no data is in it.
    return str(error.orig)
