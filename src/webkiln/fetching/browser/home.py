"""The folder a browser lives in: its profile, the script that starts it, and who it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "webkiln-chromium-"
# A browser as root would have to do without its sandbox, so it runs as a user that nothing else is:
# one of the numbers that systemd keeps for such users, and that no package takes.
_USER = 61_337


def open_to_all(executable: Path) -> bool:
    """Return whether any user may run this, and can be become."""
    path = executable.resolve()
    ways = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
    return ways and bool(path.stat().st_mode & stat.S_IXOTH) and shutil.which("setpriv") is not None


class Home:
    """A temporary folder for one browser, gone with it."""

    def __init__(self, executable: Path, *, as_root: bool, piped: bool = False) -> None:
        """Make the folder; unless `as_root`, what root starts from it runs as somebody else.

        A `piped` browser is controlled through its standard input and output.
        """
        sweep()
        self.executable = executable
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._folder.chmod(0o711)
        self._pid = self._folder / "pid"
        self.starter = self._folder / "start"
        self.starter.write_text(self._script(executable, drop=os.geteuid() == 0 and not as_root, piped=piped))
        self.starter.chmod(0o700)

    @property
    def pid(self) -> int:
        """The process that everything of the browser descends from, once it is started."""
        return int(self._pid.read_text())

    @contextlib.contextmanager
    def for_the_driver(self) -> Iterator[None]:
        """Have a driver that is started meanwhile keep its temporary files here: killed, it leaves them."""
        folder = self._folder / "driver"
        folder.mkdir(mode=0o711)
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = str(folder)
        try:
            yield
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before

    def remove(self) -> None:
        """Delete everything; the browser must have ended."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _script(self, executable: Path, *, drop: bool, piped: bool) -> str:
        """Return the script that becomes the browser: with the profile here, and dying with its driver."""
        profile = self._folder / "profile"
        setpriv = shutil.which("setpriv")
        before, own = "", ":"
        if setpriv is not None:
            who = f" --reuid={_USER} --regid={_USER} --clear-groups --inh-caps=-all" if drop else ""
            before = f"{setpriv} --pdeathsig KILL{who} --"
            own = f'chown {_USER}:{_USER} "{profile}"' if drop else own
        # The driver makes a profile of its own, which stays behind when the driver is killed.
        return (
            "#!/bin/sh\n"
            "for argument; do\n"
            "  shift\n"
            "  case $argument in --user-data-dir=*)\n"
            '    rmdir "${argument#--user-data-dir=}" 2>/dev/null\n'
            f'    argument=--user-data-dir="{profile}" ;;\n'
            "  esac\n"
            '  set -- "$@" "$argument"\n'
            "done\n"
            f'mkdir -p "{profile}"\n'
            f"{own}\n"
            f'echo $$ > "{self._pid}"\n'
            f'export HOME="{profile}"\n'
            # Chromium reads and writes at these numbers, and must not write anything else there.
            f"{'exec 3<&0 4>&1 </dev/null >/dev/null' if piped else ':'}\n"
            f'exec {before} "{executable}" "$@"\n'
        )


def sweep() -> None:
    """Delete what browsers have left whose workers were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if not Path("/proc", (folder / "pid").read_text().strip()).exists():
                shutil.rmtree(folder, ignore_errors=True)
