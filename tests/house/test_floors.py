"""Who may import whom is written in pyproject.toml; import-linter reads it."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from house.repository import ROOT, SOURCE, modules

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
