"""What runs here, as a report of a fault should say it."""

from __future__ import annotations

import platform
from importlib import metadata


def described() -> str:
    """Return one line: the program's version, Python's and the system's."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"webkiln {metadata.version('webkiln')} (Python {platform.python_version()}, {system})"
