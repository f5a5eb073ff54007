"""The settings: read once from the environment, then frozen.

This module is the only reader of the environment, and of a file `.env` in the working directory.
`load()` gives one frozen `Settings`; a part of the program receives its own section and never the whole.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from webkiln.settings import env_file
from webkiln.settings.sections import (
    BlobSettings,
    BrowserSettings,
    EngineSettings,
    FetchSettings,
    LogSettings,
    Network,
    ReadingSettings,
    SearchSettings,
    Section,
    ServerSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

__all__ = [
    "BlobSettings",
    "BrowserSettings",
    "EngineSettings",
    "FetchSettings",
    "InvalidSettings",
    "LogSettings",
    "Network",
    "ReadingSettings",
    "SearchSettings",
    "Section",
    "ServerSettings",
    "Settings",
    "StorageSettings",
    "WebhookSettings",
    "adopt_env_file",
    "as_environment",
    "environment_names",
    "load",
    "misspelt",
]

# Read by the client commands, and by the processes of a supervisor.
_OTHER_NAMES = ("WEBKILN_API_URL", "WEBKILN_CHILD", "WEBKILN_HEARTBEAT")


class InvalidSettings(Exception):
    """The environment holds values that cannot be used; the text lists all of them, a line each."""

    def __init__(self, mistakes: list[str]) -> None:
        """Keep a line for each mistake."""
        super().__init__("\n".join(mistakes))
        one = len(mistakes) == 1
        self.told = (
            f"This setting cannot be used: {self}" if one else f"These settings cannot be used:\n{self}"
        )


def environment_names(field: str, extra: object) -> list[str]:
    """Return the environment names of a field, the preferred one first."""
    aliases = extra.get("aliases", []) if isinstance(extra, dict) else []
    return [f"WEBKILN_{field.upper()}", *aliases]


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the environment once into frozen settings.

    `overrides` are single fields by name (`port=0`), as the command line gives them; None is
    ignored, and an empty text takes the default whatever the environment says. Raises
    InvalidSettings naming every mistake at once.
    """
    source = os.environ if environ is None else environ
    values: dict[str, dict[str, Any]] = {}
    sections: dict[str, Any] = {name: field.annotation for name, field in Settings.model_fields.items()}
    for section, model in sections.items():
        found = values.setdefault(section, {})
        for name, field in model.model_fields.items():
            for variable in environment_names(name, field.json_schema_extra):
                if source.get(variable, "") != "":
                    found[name] = source[variable]
                    break
            if overrides.get(name) == "":
                found.pop(name, None)
            elif overrides.get(name) is not None:
                found[name] = overrides[name]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [_explain(issue["loc"], issue["msg"]) for issue in error.errors()]
        raise InvalidSettings(lines) from None


def misspelt(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return a sentence for each name of the environment that was meant as a setting and is none."""
    from webkiln.settings.spelling import misspelt as found  # noqa: PLC0415 (once, at a start)

    known = {name for group in _groups() for name in group}
    return found(os.environ if environ is None else environ, known)


def adopt_env_file(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Add to an environment what a file `.env` says of settings that it does not name.

    Raises InvalidSettings when the file cannot be read.
    """
    try:
        found = env_file.read(folder / ".env")
    except env_file.UnreadableFile as error:
        raise InvalidSettings([str(error)]) from None
    environ.update(env_file.adopted(found, environ, _groups(), "WEBKILN_"))


def _groups() -> list[list[str]]:
    """Return the names of each setting."""
    models: list[Any] = [field.annotation for field in Settings.model_fields.values()]
    fields = [item for model in models for item in model.model_fields.items()]
    return [
        *(environment_names(name, field.json_schema_extra) for name, field in fields),
        *([name] for name in _OTHER_NAMES),
    ]


def as_environment(**overrides: Any) -> dict[str, str]:
    """Return the environment that gives a child process the same overrides; None is left out."""
    return {f"WEBKILN_{name.upper()}": str(value) for name, value in overrides.items() if value is not None}


def _explain(location: tuple[int | str, ...], message: str) -> str:
    """Name the environment variable an issue is about; the value itself may be a secret."""
    field = str(location[1]) if len(location) > 1 else str(location[0])
    return f"WEBKILN_{field.upper()}: {message.removeprefix('Value error, ')}"
