"""SQLite behind `Database`: one writing thread a process, a file lock between processes.

SQLite's own busy handler sleeps and starves (a small write waited 4.5 s at p99 under load); with
`flock` around each write transaction the kernel hands the lock on at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webkiln import errors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_READERS = 3
_PRAGMAS = (
    # Documents are tens of KB: with 16 KB pages, 64 of them cost 4.5 ms of CPU to store, with 4 KB 7.8.
    "PRAGMA page_size=16384",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged job survives a power cut
    "PRAGMA busy_timeout=10000",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA wal_autocheckpoint=500",  # 8 MB: who commits copies them back, and others wait meanwhile
    "PRAGMA journal_size_limit=67108864",
)
# What passes, or is for the operator to mend; everything else is a mistake of ours. BUSY, LOCKED, NOMEM,
# READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (https://sqlite.org/rescode.html).
_OUTAGES = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})


class SqliteDatabase:
    """One SQLite file in WAL mode, shared by any number of processes of one machine."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it; raises errors.Unavailable when that cannot be done."""
        try:
            # What clients send, cookies and tokens included, is nobody else's business.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_file = path.with_name(path.name + ".lock").open("a+b")
        except OSError as error:
            raise errors.Unavailable(f"The database {path} cannot be opened: {error.strerror}") from error
        self.path = path
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=NullPool,
            connect_args={"isolation_level": None, "check_same_thread": False},
            hide_parameters=True,  # the log shows statements, never what was to be stored
        )
        event.listen(self._engine, "connect", _prepare)
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
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._writing, work, durable)

    async def migrate(self, work: Callable[[Connection], T]) -> T:
        """Run `work` as any other writing transaction."""
        return await self.write(work)

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
                raise _unavailable(error) from error
            raise

    def _writing(self, work: Callable[[Connection], T], durable: bool) -> T:  # noqa: FBT001 (of the executor)
        try:
            connection = self._connection()
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                with connection.begin():
                    if durable is not self._waits_for_disk:
                        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                        self._waits_for_disk = durable
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    return work(connection)
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        except DBAPIError as error:
            if _is_outage(error):
                raise _unavailable(error) from error
            raise

    def _close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        for connection in self._open:
            connection.close()
        self._engine.dispose()
        self._lock_file.close()


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _is_outage(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return (code & 0xFF) in _OUTAGES  # the low byte names the kind, the rest says which of it


def _unavailable(error: DBAPIError) -> errors.Unavailable:
    # The driver's text (disk I/O error, disk is full, locked) is safe to show: no data is in it.
    return errors.Unavailable(f"The database does not answer: {error.orig}")
