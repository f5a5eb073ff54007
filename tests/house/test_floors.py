"""Who may import whom is written in pyproject.toml; import-linter reads it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib

from house.repository import ROOT, SOURCE, modules, tree

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def floors() -> set[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name.strip() for layer in layers for name in layer.replace(":", "|").split("|")}


def test_every_import_keeps_to_its_floor():
    linted = subprocess.run(
        [sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


def test_every_room_has_a_floor_and_every_floor_a_room():
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in modules()}
    assert rooms - {"__init__", "__main__"} == floors()


# What the program imports of a package that is declared under another name.
BROUGHT_BY = {
    "starlette": "fastapi",
    "pydantic_core": "pydantic",
    "yarl": "aiohttp",
    "click": "typer",
    "re2": "google_re2",
    "dotenv": "python_dotenv",
}
# Declared and never imported: others look for them by name, or ours will.
NEVER_IMPORTED = {
    "httptools": "uvicorn's parser, chosen by name",
    "websockets": "uvicorn's WebSocket protocol, chosen by name",
}


def imported() -> set[str]:
    found = set()
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"webkiln"}


def test_every_package_that_is_imported_is_declared_and_the_reverse():
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    declared = {re.split(r"[<>=!~;\[ ]", item)[0].lower().replace("-", "_") for item in wanted}
    used = {BROUGHT_BY.get(name, name) for name in imported()}
    assert used - declared == set()
    assert declared - used - NEVER_IMPORTED.keys() == set()
