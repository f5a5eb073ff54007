"""Hosts for processes: network namespaces on a bridge, each with its own address; for root only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT_S = 10.0


class NoNamespaces(Exception):
    """Networks cannot be made here; the text says why."""


@dataclass(frozen=True)
class Networks:
    """The addresses of a bridge: this side's, and for each host its own with the command to run inside it."""

    here: str
    network: str
    hosts: dict[str, tuple[str, ...]]


@contextlib.contextmanager
def networks(count: int) -> Iterator[Networks]:
    """Make so many hosts, which reach this side and each other until the block ends; raises NoNamespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoNamespaces("network namespaces take root and iproute2")
    pid = os.getpid()
    prefix = f"10.{200 + pid % 50}.{pid // 50 % 250}"
    bridge = f"kiln{pid}"
    names = {f"{prefix}.{number + 10}": f"webkiln-{pid}-{number}" for number in range(count)}
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("address", "add", f"{prefix}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number, (address, name) in enumerate(names.items()):
            _ip("netns", "add", name)
            outside = f"k{pid}n{number}"
            _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", outside, "master", bridge, "up")
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", name, "link", "set", "lo", "up")
        hosts = {address: ("ip", "netns", "exec", name) for address, name in names.items()}
        yield Networks(f"{prefix}.1", f"{prefix}.0/24", hosts)
    finally:
        for name in names.values():
            with contextlib.suppress(NoNamespaces):
                _ip("netns", "delete", name)
        with contextlib.suppress(NoNamespaces):
            _ip("link", "delete", bridge)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise NoNamespaces(f"ip {' '.join(words)}: {done.stderr.strip()}")
