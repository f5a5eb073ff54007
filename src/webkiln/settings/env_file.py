"""A file `.env` with settings, as Compose and self-hosters of the original know it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


class UnreadableFile(Exception):
    """The file is there and cannot be read; the text says why."""


def read(path: Path) -> dict[str, str]:
    """Return what a file sets; nothing where there is none. Raises UnreadableFile.

    Values are taken as they stand: a `$` in a password is one.
    """
    if not path.is_file():
        return {}  # also what some call the folder of their Python environment
    from dotenv import dotenv_values  # noqa: PLC0415 (few have such a file)

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} cannot be read: it is not UTF-8 text.") from None
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def adopted(
    found: Mapping[str, str], environ: Mapping[str, str], groups: Collection[Collection[str]], prefix: str
) -> dict[str, str]:
    """Return what of a file to add to an environment: settings, and no name for what has a value there.

    `groups` are the names that mean the same setting; one that begins with `prefix` may be unknown.
    """
    meant = {name: group for group in groups for name in group}
    return {
        name: value
        for name, value in found.items()
        if (name in meant or name.startswith(prefix))
        and not any(environ.get(other) for other in meant.get(name, (name,)))
    }
