"""The process that does jobs: one at a time, within the memory each may take, until its worker is gone.

`python -m webkiln.parsing.child DESCRIPTOR PARENT` is how it is started. It loads what a job's function
needs when the first such job comes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webkiln.errors import WebkilnError
from webkiln.parsing.frames import receive_now, send_now
from webkiln.parsing.job import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

_PR_SET_PDEATHSIG = 1
_STATUS = Path("/proc/self/status")
_GROWN = 64 << 20  # bytes that a process keeps of its last job, which it will not give back
_FIRST_VICTIM = "1000"


def main(descriptor: int, parent: int) -> None:
    """Do what comes over the connection until it ends."""
    _follow(parent)
    connection = socket.socket(fileno=descriptor)
    fresh = _data_bytes()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            head, body = receive_now(connection)
            work = Work(
                head["options"], note=lambda at: send_now(connection, {"kind": "note", "at": at}), body=body
            )
            del body  # the function may let go of it
            said, result = _do(head["function"], work, fresh + head["most_bytes"])
            said["spent"] = _data_bytes() - fresh > _GROWN
            send_now(connection, said, result)
            if said["spent"]:
                return


def _follow(parent: int) -> None:
    """Die with the worker, whatever a job is doing then, and be the first to die where memory is short."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it was gone before this was asked for
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM)


def _do(function: str, work: Work, most_bytes: int) -> tuple[dict[str, Any], bytes]:
    module, _, name = function.partition(":")
    do = getattr(import_module(module), name)
    unlimited = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, unlimited[1]))
        try:
            answer, result = do(work)
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, unlimited)
    except WebkilnError as error:
        return {"kind": "raised", "error": type(error).__name__, "message": error.message}, b""
    except MemoryError:
        return {"kind": "out of memory"}, b""
    except Exception as error:  # noqa: BLE001 (the worker logs it and goes on)
        # Where it came from and of what kind it is; its text may hold words of the page.
        trace = [*traceback.format_tb(error.__traceback__, limit=-20), type(error).__name__]
        return {"kind": "failed", "trace": "".join(trace)}, b""
    return _answered(answer), result


def _answered(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "done", "answer": answer}


def _data_bytes() -> int:
    """Return what counts against RLIMIT_DATA: memory of this process alone that can be written."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
