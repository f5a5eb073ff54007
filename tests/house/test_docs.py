"""The documents say what is so: examples run, commands, settings, files and links exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from pydantic import SecretStr

from house.repository import ROOT, SOURCE, shown, tracked
from webkiln import errors
from webkiln.api import account, batch_scrape, crawl, files, health, profiles, scrape, search
from webkiln.api import map as mapping
from webkiln.api.v1 import routes as v1
from webkiln.cli.app import app
from webkiln.operations.webhooks import WebhookHandler
from webkiln.settings import Settings, WebhookSettings, environment_names

if TYPE_CHECKING:
    from pathlib import Path

    import click
    from fastapi import APIRouter

GENERATED = ("settings.md", "errors.md")
DECISION_PARTS = ["Context", "Decision", "Consequences", "How we would notice that it was wrong"]
# Records that are written together with the rooms they are about.
NOT_SETTINGS = frozenset({"WEBKILN_API_URL", "WEBKILN_CHILD"})

VARIABLES = {
    name: field
    for section in Settings.model_fields.values()
    for field, described in section.annotation.model_fields.items()
    for name in environment_names(field, described.json_schema_extra)
}


def pages() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def blocks(path: Path, language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a language, each with the mark above it (`<!-- run -->`) or ""."""
    found = re.findall(
        rf"(?:^<!-- ([^>]+) -->\n)?^```{language}\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL
    )
    return [(mark.strip(), text) for mark, text in found]


def commands() -> list[tuple[str, list[str]]]:
    """Return every call of `webkiln` and `make`, in shell blocks and in the text, with where it stands."""
    found = []
    for path in pages():
        lines = re.findall(r"`((?:webkiln|make) [^`]+)`", path.read_text())
        for _, text in blocks(path, "(?:sh|console)"):
            lines += re.sub(r"\\\n", " ", text).splitlines()
        for line in lines:
            words = shlex.split(line.removeprefix("$ "), comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words and words[0].rpartition("/")[2] in ("webkiln", "make"):
                found.append((shown(path), words))
    return found


def test_links_lead_somewhere():
    broken = []
    for path in pages():
        prose = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            file, _, heading = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            there = (path.parent / file).resolve() if file else path
            if not there.exists() or (heading and heading not in headings(there)):
                broken.append(f"{shown(path)}: {target}")
    assert broken == []


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in lines}


def test_every_page_is_listed_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text()
    listed = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert [name for name in sorted(listed) if f"({name})" not in index] == []


def test_files_that_are_named_exist():
    roots = (ROOT, SOURCE, ROOT / "tests")
    names = {path.name for path in tracked()}
    missing = [
        f"{shown(path)}: {name}"
        for path in pages()
        for name in re.findall(r"`((?:[\w.-]+/)+[\w-]+\.\w+|[\w-]+\.py)`", path.read_text())
        if "foo" not in name and name not in names and not any((root / name).exists() for root in roots)
    ]
    assert missing == []


def test_settings_that_are_named_exist():
    unknown = {
        f"{shown(path)}: {name}"
        for path in pages()
        for name in re.findall(r"\bWEBKILN_[A-Z_]*[A-Z]\b(?!\*|_|<)", path.read_text())
        if name not in VARIABLES and name not in NOT_SETTINGS
    }
    assert unknown == set()


def test_commands_and_options_that_are_named_exist():
    program: Any = typer.main.get_command(app)
    called = [(where, words) for where, words in commands() if words[0].endswith("webkiln")]
    assert {words[1] for _, words in called} >= {"batch", "cancel", "status", "keys"}
    for where, words in called:
        command: click.Command = program
        rest = [word for word in words[1:] if word != "--version"]  # the program's own
        while isinstance(getattr(command, "commands", None), dict) and rest:
            assert rest[0] in command.commands, f"{where}: {shlex.join(words)}"
            command, rest = command.commands[rest[0]], rest[1:]
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        known.add("--help")
        given = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= known, f"{where}: {shlex.join(words)}"


def test_every_command_explains_itself():
    program: Any = typer.main.get_command(app)
    waiting = [(name, command) for name, command in program.commands.items() if not command.hidden]
    assert len(waiting) >= 8
    while waiting:
        name, command = waiting.pop()
        assert command.help, name
        for option in command.params:
            if not getattr(option, "hidden", False) and option.param_type_name == "option":
                assert option.help, f"{name} {option.name}"
        waiting += [(f"{name} {inner}", below) for inner, below in getattr(command, "commands", {}).items()]


def test_targets_of_make_that_are_named_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for _, words in commands() if words[0] == "make"}
    assert {"run", "test"} <= named <= targets


STANDALONE = [
    pytest.param(text, id=f"{path.name}-{number}")
    for path in sorted((ROOT / "docs").rglob("*.md"))
    for number, (mark, text) in enumerate(blocks(path, "python"))
    if mark == "run"
]


@pytest.mark.parametrize("example", STANDALONE)
def test_examples_run(example, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def receiver():
    """Return the names that the examples of docs/webhooks.md define."""
    names: dict[str, Any] = {}
    for mark, text in blocks(ROOT / "docs" / "webhooks.md", "python"):
        if mark == "run" and "def is_genuine" in text:
            exec(compile(text, "docs/webhooks.md", "exec"), names)
    return names


@pytest.mark.parametrize("secret", ["glaze", "whsec_Z2xhemUtYW5kLXNsaXA="])
def test_the_examples_know_our_deliveries_from_others(receiver, secret):
    settings = WebhookSettings(webhook_secret=SecretStr(secret))
    handler = WebhookHandler(None, None, None, settings)
    body, moment = b'{"type":"batch_scrape.page"}', str(int(receiver["time"].time()))
    sent = handler._signatures("0198a000-0000-7000-8000-00000000000a", moment, body)
    headers = {name.lower(): value for name, value in sent.items()}
    stale = {**headers, "webhook-timestamp": str(int(moment) - 301)}
    assert receiver["is_genuine"](secret, headers, body)
    assert receiver["is_genuine_and_fresh"](secret, headers, body)
    assert not receiver["is_genuine"](secret, headers, body + b" ")
    assert not receiver["is_genuine"]("other", headers, body)
    assert not receiver["is_genuine_and_fresh"](secret, headers, body + b" ")
    assert not receiver["is_genuine_and_fresh"]("other", headers, body)
    assert not receiver["is_genuine_and_fresh"](secret, stale, body)


def test_generated_pages_are_up_to_date():
    checked = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_every_setting_is_documented_under_all_its_names():
    page = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in page] == []


def test_every_error_is_documented():
    page = (ROOT / "docs" / "errors.md").read_text()
    waiting = errors.WebkilnError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        if kind.__module__ != errors.__name__:
            continue  # a test's own
        assert f"| {kind.__name__} | {kind.status} |" in page
        waiting += kind.__subclasses__()


def test_every_route_is_documented_and_every_documented_route_is_there():
    nouns = (scrape, batch_scrape, crawl, mapping, search, account, files, profiles, health)
    routers = [noun.routes(None) for noun in nouns]
    assert routes_listed("api.md") - {"/openapi.json", "/docs"} == routes_served(*routers)


def test_every_route_of_v1_is_documented_too():
    assert routes_listed("v1.md") == routes_served(*(noun.routes(None) for noun in v1.NOUNS))


def routes_served(*routers: APIRouter) -> set[str]:
    paths = [
        route.path.replace("{job_id}", "{id}").replace("profiles/{name:path}", "profiles/{name}")
        for router in routers
        for route in router.routes
    ]
    # Whatever else is asked for below a route: it has nothing.
    return {path for path in paths if not path.endswith(":path}")}


def routes_listed(name: str) -> set[str]:
    page = (ROOT / "docs" / name).read_text()
    table = re.search(r"^## Routes\n(.*?)^[^|\n]", page, re.MULTILINE | re.DOTALL)
    assert table is not None
    cells = " ".join(line.split("|")[1] for line in table[1].splitlines() if line.startswith("|"))
    return {path.partition("?")[0] for path in re.findall(r"[`/ ](/[\w./{}?=&-]*)", cells)}


def test_decisions_are_numbered_without_gaps_and_have_all_their_parts():
    records = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = {int(path.name[:4]) for path in records}
    assert sorted(numbers) == list(range(1, max(numbers) + 1))
    for path in records:
        text = path.read_text()
        title = re.match(r"# (\d+)\. \S", text)
        assert title is not None, path.name
        assert int(title[1]) == int(path.name[:4])
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == DECISION_PARTS, path.name


def test_changes_are_told_in_fragments():
    fragments = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert [
        path.name
        for path in fragments
        if not re.fullmatch(r"\d{4}\.(added|changed|fixed|removed)\.md", path.name)
    ] == []
    assert [path.name for path in fragments if not path.read_text().strip()] == []
