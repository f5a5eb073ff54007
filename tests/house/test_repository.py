"""What must not be in the repository, and what its set-up files promise."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from house.repository import ROOT, shown, tracked

if TYPE_CHECKING:
    from pathlib import Path

# "·" stands in words so that this file does not hold what it looks for.
FORBIDDEN = {
    what: re.compile(pattern.replace("·", ""))
    for what, pattern in {
        "the address of a package index": (
            r"https?://[\w.\-]*(?:py·pi|python·hosted|dev·pi|artifact·ory)"
            r"|https?://\S+/sim·ple/?(?=[\"'\s]|$)|index-·url[ =]+\S+://"
        ),
        "an absolute path of one machine": (
            r"(?<![\w.~/}])/(?:wo·rk|ro·ot|home/\w+|Users/\w+|opt/wh·eels)(?:/|\b(?![.\w-]))"
        ),
        "a folder outside of the repository": r"\.\./sha·red\b",
        "a tool the code was written with": r"(?i)\b(?:cla·ude|anthro·pic|chat·gpt|co·pilot)\b",
    }.items()
}
TEXTS = frozenset(
    {"", ".py", ".md", ".toml", ".lock", ".txt", ".mako", ".html", ".json", ".cfg", ".yml", ".yaml"}
)


def texts() -> list[Path]:
    """Return the tracked files that people read."""
    return [path for path in tracked() if path.suffix in TEXTS]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in texts()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("the address of a package index", "https://py·pi.org/project"),
        ("the address of a package index", "--index-·url https://mirror.test/"),
        ("the address of a package index", "https://mirror.test/sim·ple/"),
        ("an absolute path of one machine", 'path = "/wo·rk/main"'),
        ("an absolute path of one machine", "cd /ro·ot/x"),
        ("a folder outside of the repository", "../sha·red/design.md"),
        ("a tool the code was written with", "as Co·pilot said"),
    ],
)
def test_what_is_forbidden_would_be_found(what, line):
    assert FORBIDDEN[what].search(line.replace("·", ""))


@pytest.mark.parametrize(
    "line", ["uv pip compile --no-emit-index-url", "/network/works", "docs/work/a", "the roots"]
)
def test_what_is_harmless_passes(line):
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(line)] == []


@pytest.mark.parametrize("name", ["run.lock", "dev.lock"])
def test_the_lock_pins_every_package_by_hash_and_names_no_place(name):
    text = (ROOT / "requirements" / name).read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert len(entries) > 10
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
    assert "://" not in text
    assert " @ " not in text


def test_the_run_lock_is_part_of_the_dev_lock():
    pins = {}
    for name in ("run.lock", "dev.lock"):
        text = (ROOT / "requirements" / name).read_text()
        pins[name] = dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))
    assert pins["run.lock"].items() <= pins["dev.lock"].items()


def test_every_direct_dependency_is_locked():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    for wanted, name in (
        (project["project"]["dependencies"], "run.lock"),
        (project["dependency-groups"]["dev"], "dev.lock"),
    ):
        text = (ROOT / "requirements" / name).read_text()
        locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)", text, re.MULTILINE))
        assert {re.split(r"[<>=!~;\[ ]", item)[0].lower() for item in wanted} <= locked


def test_make_explains_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    listed = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert listed is not None
    assert targets == set(listed[1].split())
    helped = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    ).stdout
    explained = dict(re.findall(r"^([a-z-]+)\s+(\S.*)$", helped, re.MULTILINE))
    assert explained.keys() == targets
    assert {"setup", "run", "test", "check", "bench", "docs"} <= targets


def test_the_shell_scripts_are_whole():
    for script in (".ci/run", "scripts/setup"):
        shell = (ROOT / script).read_text().splitlines()[0].removeprefix("#!").split()[-1]
        subprocess.run([shell, "-n", str(ROOT / script)], check=True, timeout=30)


def test_the_licence_is_here_and_named():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["license"] == "Apache-2.0"
