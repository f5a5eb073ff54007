"""The repository as its tests see it: the files under version control, and the modules among them."""

from __future__ import annotations

import ast
import functools
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "webkiln"


# What a machine leaves beside the files of the repository; .gitignore says the same to git.
LEFT = frozenset(
    {".git", ".venv", "data", "out", "build", "dist", ".hypothesis", ".setup", ".import_linter_cache"}
)


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return every file under version control that is there; without git, all but what a run leaves."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _left(path)))


def _left(path: Path) -> bool:
    folders = path.relative_to(ROOT).parts
    return any(
        name in LEFT or name == "__pycache__" or name.endswith(("_cache", ".egg-info")) for name in folders
    )


def shown(path: Path) -> str:
    """Return a path as people name it."""
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    """Return the program's Python files."""
    return [path for path in tracked() if path.is_relative_to(SOURCE) and path.suffix == ".py"]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(path.read_bytes(), filename=str(path))
