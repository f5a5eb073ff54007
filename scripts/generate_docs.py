"""Writes the documents that come from the code: docs/settings.md and docs/errors.md.

With --check it writes nothing and fails when one of them is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from webkiln import errors
from webkiln.settings import Settings, environment_names

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Written by `make docs`; change the code it comes from instead. -->\n\n"


_WHERE_FROM = """\
All are optional and read at start, from the environment and from a file `.env` in the working directory. \
The environment beats the file, an option of the command line beats both. Of the file settings alone are \
read, one `NAME=value` a line, and a `$` is a `$`.

Mistakes are reported all at once. A name that begins with `WEBKILN_` and is no setting is told, with the \
nearest that is one.
"""


def settings_page() -> str:
    """Return every setting by topic, with its names, default and meaning."""
    lines = [
        NOTE,
        "# Settings\n\n",
        _WHERE_FROM,
    ]
    for name, section in Settings.model_fields.items():
        model: Any = section.annotation
        lines.append(
            f"\n## {name.capitalize()}\n\n{model.__doc__}\n\n"
            "| name | default | meaning |\n| --- | --- | --- |\n"
        )
        for field_name, field in model.model_fields.items():
            names = ", ".join(f"`{one}`" for one in environment_names(field_name, field.json_schema_extra))
            lines.append(f"| {names} | {_shown(field.default)} | {field.description} |\n")
    return "".join(lines)


def _shown(default: object) -> str:
    if default in (None, PydanticUndefined, (), {}):
        return "-"
    if isinstance(default, tuple):
        return f"`{','.join(str(item) for item in default)}`"
    return f"`{default}`"


def errors_page() -> str:
    """Return every error with its status, code and whether a later try may help."""
    lines = [
        NOTE,
        "# Errors\n\n",
        "Every error body carries `success: false` and `error`, a text; clients match on `code`.\n",
        "Cancelling answers 404 and 500 with `error` alone.\n\n",
        "| error | status | code | try again | meaning |\n| --- | --- | --- | --- | --- |\n",
    ]
    waiting: list[type[errors.WebkilnError]] = [errors.WebkilnError]
    while waiting:
        kind = waiting.pop(0)
        waiting = [*kind.__subclasses__(), *waiting]
        if kind is errors.WebkilnError:
            continue
        meaning = (kind.__doc__ or "").split("\n", maxsplit=1)[0]
        code = f"`{kind.code}`" if kind.code is not None else "-"
        lines.append(
            f"| {kind.__name__} | {kind.status} | {code} | {'yes' if kind.retry else 'no'} | {meaning} |\n"
        )
    return "".join(lines)


def main() -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for name, page in (("settings.md", settings_page()), ("errors.md", errors_page())):
        path = DOCS / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != page:
                stale.append(name)
        else:
            path.write_text(page)
    if stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}; run `make docs`.\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
