"""Places of workers on this host: who takes one knows that whoever held it before is dead."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import socket
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def host_name(data_dir: Path) -> str:
    """Return a name for this host that no other has, even where two call themselves the same.

    It is made of the host's own name, its start, and the data folder: copies of a machine differ in
    the second, containers of one machine in the third.
    """
    name = data_dir / "node"
    if not name.exists():
        # Put there whole: others may read it at any moment, and all must read the same.
        made = data_dir / f"node.{uuid4().hex}"
        made.write_text(uuid4().hex)
        with contextlib.suppress(FileExistsError):
            name.hardlink_to(made)
        made.unlink()
    boot = _BOOT.read_text() if _BOOT.exists() else ""
    mark = hashlib.blake2b(f"{boot}{name.read_text()}".encode(), digest_size=6).hexdigest()
    return f"{socket.gethostname()[:200]}-{mark}"


@contextlib.contextmanager
def free_slot(data_dir: Path) -> Iterator[str]:
    """Hold the first place in the data folder that no living process holds; its name is given."""
    folder = data_dir / "slots"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count(1):
        name = f"worker-{number}"
        with (folder / name).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield name
            return
