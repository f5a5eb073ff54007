"""One child process, as its worker sees it: started, given one job at a time, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import structlog

from webkiln import errors
from webkiln.parsing.frames import receive, send
from webkiln.parsing.job import JobDied, JobFailed, JobOutOfMemory, JobOverdue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from webkiln.parsing.job import Job

log = structlog.get_logger(__name__)

_CHILD = "webkiln.parsing.child"
_MOST_ANSWER = 256 << 20  # bytes; more than any page within its limits becomes


class ChildProcess:
    """A process that does jobs for this worker; one that failed a job, or was left in one, is killed."""

    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket) -> None:
        """Keep the process and the worker's end of its connection."""
        self._process = process
        self._connection = connection
        self._spent = False

    @classmethod
    async def start(cls) -> Self:
        """Start one; raises OSError when this machine has no more processes or memory."""
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)  # noqa: FBT003 (the socket module's signature)
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    _CHILD,
                    str(theirs.fileno()),
                    str(os.getpid()),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # a Ctrl-C is the worker's to hear
                )
            except BaseException:
                ours.close()
                raise
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it can be given another job."""
        return not self._spent and self._process.returncode is None

    async def do(self, job: Job) -> tuple[Mapping[str, Any], bytes]:
        """Return the answer of a job's function.

        Raises JobOverdue, JobOutOfMemory, JobDied, JobFailed, and what the function raised of
        `errors`. Whoever is cancelled meanwhile leaves a process that is no longer usable.
        """
        spent, self._spent = self._spent, True  # until its answer is there
        at = ""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(job.limit_s):
                order = {
                    "function": job.function,
                    "options": job.options,
                    "most_bytes": job.most_bytes,
                }
                await send(loop, self._connection, order, job.body)
                while True:
                    said, result = await receive(loop, self._connection, most_bytes=_MOST_ANSWER)
                    if said["kind"] != "note":
                        break
                    at = said["at"]
        except TimeoutError:
            raise JobOverdue(at) from None
        except OverflowError:
            raise JobOutOfMemory(at) from None
        except (EOFError, OSError):
            raise JobDied(at) from None
        self._spent = spent or said["spent"]
        if said["kind"] == "done":
            return said["answer"], result
        if said["kind"] == "raised":
            raise getattr(errors, said["error"])(said["message"])
        self._spent = True  # who knows what a failure has left in it
        if said["kind"] == "out of memory":
            raise JobOutOfMemory(at)
        log.error("a job failed unexpectedly", task=job.holder, function=job.function, trace=said["trace"])
        raise JobFailed(at)

    async def end(self) -> None:
        """Kill it, whatever it does; it leaves nothing that anybody needs."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
