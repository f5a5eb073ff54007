"""Whether Playwright's driver starts at all: it is a program of its own, with needs of its own."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

_START_S = 10.0
_MISSING = re.compile(r"error while loading shared libraries: ([^\s:]+):")
# Packages of Debian and Ubuntu, and what others call them is near.
_BROUGHT_BY = {"libatomic.so.1": "libatomic1", "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1"}


def driver_program() -> Path | None:
    """Return the driver's interpreter, which comes with Playwright; None where there is none."""
    found = find_spec("playwright")
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).parent / "driver" / "node"
    return program if program.is_file() else None


def driver_problem(program: Path | None = None) -> str | None:
    """Return why the driver does not start and what helps, or None when it does; blocks for 10 s at most.

    `program` stands in for the one that comes with Playwright.
    """
    program = program or driver_program()
    if program is None:
        return "The browser's driver does not start: Playwright came without one for this system."
    try:
        ran = subprocess.run(  # noqa: S603 (Playwright's own program)
            [str(program), "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"The browser's driver does not start: it says nothing in {_START_S:.0f} s."
    except OSError as error:
        return f"The browser's driver does not start: {program} cannot be run ({error.strerror})."
    if ran.returncode == 0:
        return None
    said = ran.stderr.decode(errors="replace").strip()
    reason = missing_library(said) or said[-200:] or "it ends at once."
    return f"The browser's driver does not start: {reason}"


def missing_library(said: str) -> str | None:
    """Return what the words of a program that cannot be loaded mean, and what to install; None for others."""
    found = _MISSING.search(said)
    if found is None:
        return None
    package = _BROUGHT_BY.get(found[1])
    remedy = "`make setup` as root, or `playwright install-deps chromium`, brings it"
    if package is not None:
        remedy = f"`apt-get install {package}`, or the package of that name on other systems, brings it"
    return f"the library {found[1]} is missing; {remedy}."
