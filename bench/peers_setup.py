"""The peers' environment: bench/out/peers-venv, made when it is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import make_site

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ENVIRONMENT = make_site.OUT / "peers-venv"


def peers_python(say: Callable[[str], object]) -> Path | None:
    """Return the interpreter of the peers' environment, made when it is missing; None when it cannot be."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "installed.txt"
    wanted = (HERE / "peers" / "requirements.txt").read_text()
    if done.exists() and done.read_text() == wanted:
        return python
    print("making the peers' environment, once ...", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "peers" / "requirements.txt")]
    for command in ([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], install):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            reason = (made.stderr.strip() or "no reason given").splitlines()[-1]
            say(f"without peers: their environment cannot be made ({reason})")
            return None
    done.write_text(wanted)
    return python
