"""The repository as its tests see it: the files under version control, and the modules among them."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "webkiln"


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return every file under version control that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"this is no checkout: {listed.stderr.strip()}")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


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
