"""How this program is called again: the words that work when they are pasted into the same terminal."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webkiln.settings import Settings

_NAME = "webkiln"


def own_command(interpreter: str | None = None, search: str | None = None) -> str:
    """Return the program as a shell finds it: by its name, its path from here, or its interpreter.

    `interpreter` runs it and `search` is the path that is searched; both are this process's when not given.
    """
    folder = Path(sys.executable if interpreter is None else interpreter).parent
    script = folder / _NAME
    if not script.is_file():
        return f"{shlex.quote(interpreter or sys.executable)} -m {_NAME}"
    found = shutil.which(_NAME, path=search)
    if found is not None and Path(found).samefile(script):
        return _NAME
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))


def keys_command(settings: Settings) -> str:
    """Return the command that makes a further key for a server with these settings."""
    words = [own_command(), "keys", "create"]
    if settings.storage.database_url is not None:
        words += ["--database-url", '"$WEBKILN_DATABASE_URL"']  # there is a password in it
    elif settings.storage.data_dir != Path("data"):
        words += ["--data-dir", shlex.quote(str(settings.storage.data_dir))]
    return " ".join(words)
