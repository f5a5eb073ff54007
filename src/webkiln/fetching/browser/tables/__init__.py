"""Tables of facts, one line an entry."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def table(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the entries of a table by its file's name, each split at its spaces."""
    lines = files(__name__).joinpath(f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(tuple(line.split()) for line in lines if not line.startswith("#"))
