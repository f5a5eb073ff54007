"""Keeps the processes of one installation alive: the API and its workers.

The supervisor does as little as can be, so that it has nothing to die of. A child holds the read
end of a pipe as its standard input; when the supervisor is gone, however it went, the pipe ends
and the child with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass

import structlog

from webkiln.engine.heartbeat import Heartbeat
from webkiln.engine.watchdog import LOOK_S, Watchdog

log = structlog.get_logger(__name__)

_HEALTHY_S = 5.0  # a child that lived this long is restarted at once
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_KILL_AFTER_S = 5.0
# A few threads a process need no heap of their own each. Large blocks are given back to the system when
# they are free: by default glibc keeps more the larger those were that it has seen (mallopt(3)).
_INHERITED = {
    "WEBKILN_CHILD": "1",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "16777216",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running: `arguments` after `python -m`, and descriptors it inherits.

    One that is `watched` is ended when its event loop stands still.
    """

    name: str
    arguments: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a supervisor is to keep alive, and how many seconds its children get to end in good order.

    Those that are watched may stand still for `silent_s`.
    """

    drain_s: float
    silent_s: float
    children: list[Child]

    def encode(self) -> str:
        """Return the plan as text for a command line."""
        children = [
            [child.name, child.arguments, child.descriptors, child.watched] for child in self.children
        ]
        return json.dumps([self.drain_s, self.silent_s, children])

    @classmethod
    def decode(cls, text: str) -> Plan:
        """Read back what `encode` gave."""
        drain_s, silent_s, children = json.loads(text)
        return cls(
            drain_s,
            silent_s,
            [
                Child(name, tuple(arguments), tuple(numbers), watched)
                for name, arguments, numbers, watched in children
            ],
        )


class Supervisor:
    """Starts children, restarts those that die, and stops them all on SIGTERM or SIGINT.

    SIGINT when they are being stopped already, a second Ctrl-C, kills them.
    """

    def __init__(self, plan: Plan) -> None:
        """Give children the plan's seconds to end in good order, then a few more, then SIGKILL."""
        self._children = plan.children
        self._drain_s = plan.drain_s
        self._silent_s = plan.silent_s
        self._stopping = asyncio.Event()
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Keep everything running until a signal says stop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stopping.set)
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(child)) for child in self._children]
            await self._stopping.wait()
            await self._stop_all()
            for keeper in keepers:
                keeper.cancel()

    def _interrupted(self) -> None:
        if not self._stopping.is_set():
            log.info("stopping; Ctrl-C again ends at once", most_s=self._drain_s)
            self._stopping.set()
            return
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()

    async def _keep(self, child: Child) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = time.monotonic()
            heartbeat = Heartbeat.make() if child.watched else None
            try:
                process = await self._start(child, heartbeat)
            except OSError as error:  # no memory, no more processes: that may pass
                log.error("process cannot be started", process=child.name, error=error.strerror)  # noqa: TRY400
            else:
                self._processes[child.name] = process
                code = await self._until_ended(child, process, heartbeat)
                if self._stopping.is_set():
                    return
                log.error("process died, starting it again", process=child.name, code=code)
            finally:
                if heartbeat is not None:
                    heartbeat.close()
            if time.monotonic() - started >= _HEALTHY_S:
                pause = _FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _until_ended(
        self, child: Child, process: asyncio.subprocess.Process, heartbeat: Heartbeat | None
    ) -> int:
        """Wait for a process's end, which is now for one that stands still; return its exit code."""
        if heartbeat is None:
            return await process.wait()
        watchdog = Watchdog(heartbeat, process.pid, silent_s=self._silent_s)
        ending = asyncio.ensure_future(process.wait())
        while not (await asyncio.wait([ending], timeout=LOOK_S))[0]:
            stuck = watchdog.look(time.monotonic())
            if stuck is not None:
                log.error(
                    "the worker's event loop stands still, ending it",
                    process=child.name,
                    seconds=round(stuck.seconds, 1),
                    task=stuck.task,
                )
                process.kill()
                break
        return await ending

    @staticmethod
    async def _start(child: Child, heartbeat: Heartbeat | None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *child.arguments,
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, **_INHERITED, **({} if heartbeat is None else heartbeat.environment())},
            pass_fds=(*child.descriptors, *(() if heartbeat is None else (heartbeat.descriptor,))),
            # A Ctrl-C in the terminal reaches only the supervisor, which stops the rest in order.
            start_new_session=True,
        )

    async def _stop_all(self) -> None:
        alive = [process for process in self._processes.values() if process.returncode is None]
        for process in alive:
            process.terminate()
        # A socket that this process kept open too would take in clients that nobody answers.
        for descriptor in {number for child in self._children for number in child.descriptors}:
            os.close(descriptor)
        waiting = [asyncio.ensure_future(process.wait()) for process in alive]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=self._drain_s + _KILL_AFTER_S)
            for process in alive:
                if process.returncode is None:
                    log.error("process did not stop in time, killing it", pid=process.pid)
                    process.kill()
            if late:
                await asyncio.wait(late)


def die_with_parent() -> None:
    """End this process at once when its standard input, the supervisor's pipe, ends."""

    def ended() -> None:
        if os.read(sys.stdin.fileno(), 1) == b"":
            os._exit(70)

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended)
