"""Which Chromium there is on this machine: the lean headless shell before a whole browser."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Debian's commands are scripts around these.
_BINARIES = ("/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium")
_COMMANDS = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)
# What `playwright install` unpacks, the newest first.
_UNPACKED = (
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell",
    "chromium_headless_shell-*/chrome-*/headless_shell",
    "chromium-*/chrome-*/chrome",
)
_FOR_ALL = Path("/opt/ms-playwright")  # where our own set-up unpacks it as root
_SNAP = "/snap/"  # confined: it sees neither our profiles nor our pipe


def find_chromium(named: Path | None, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the executable to use, `named` or found; None where there is none.

    A `named` one that cannot be executed is none, whatever else is installed.
    """
    if named is not None:
        return named if _is_executable(named) else None
    candidates = _candidates(os.environ if environ is None else environ)
    return next((path for path in candidates if _is_executable(path)), None)


def is_headless_shell(executable: Path) -> bool:
    """Return whether this is the lean build, which has no windows to hide."""
    return "headless" in executable.name


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    unpacked = [path for pattern in _UNPACKED for path in _unpacked(environ, pattern)]
    yield Path(_BINARIES[0])
    yield from (path for path in unpacked if is_headless_shell(path))
    yield Path(_BINARIES[1])
    yield from unpacked
    for command in _COMMANDS:
        found = shutil.which(command, path=environ.get("PATH"))
        if found is not None and _SNAP not in os.path.realpath(found):
            yield Path(found)


def _unpacked(environ: Mapping[str, str], pattern: str) -> list[Path]:
    named = environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    own = Path(named) if named else Path(environ.get("HOME", "/")) / ".cache" / "ms-playwright"
    found = [path for folder in (_FOR_ALL, own) for path in folder.glob(pattern)]
    return sorted(found, key=_release, reverse=True)


def _release(path: Path) -> int:
    """Return the number in a folder such as `chromium_headless_shell-1208`."""
    digits = re.findall(r"-([0-9]+)/", str(path))
    return int(digits[-1]) if digits else 0


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
