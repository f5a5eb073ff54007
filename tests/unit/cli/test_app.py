from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
import typer
from typer.testing import CliRunner

from contract.running import clean_environment
from webkiln.cli.app import app


def commands(group, path=()):
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


COMMANDS = [(), *commands(typer.main.get_command(app))]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_briefly_asked_too(words):
    short, long = (CliRunner().invoke(app, [*words, option]) for option in ("-h", "--help"))
    assert (short.exit_code, long.exit_code) == (0, 0)
    assert short.stdout == long.stdout != ""


def test_the_file_with_settings_is_named_where_help_is_looked_for():
    told = " ".join(CliRunner().invoke(app, ["-h"]).stdout.split())
    assert "from a file .env in the working directory" in told


def program(folder, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "webkiln", *arguments],
        env={**clean_environment(), **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version_is_a_line(tmp_path):
    told = program(tmp_path, "--version")
    assert (told.returncode, told.stderr) == (0, "")
    (line,) = told.stdout.splitlines()
    assert line.startswith(f"webkiln {metadata.version('webkiln')} (Python 3.")


def test_a_misspelt_name_is_told_and_stops_nothing(tmp_path):
    told = program(tmp_path, "db", "upgrade", WEBKILN_DATADIR="elsewhere")
    assert told.returncode == 0
    assert told.stderr == (
        "Warning: WEBKILN_DATADIR is no setting and has no effect; did you mean WEBKILN_DATA_DIR?\n"
    )


def test_a_mistaken_setting_is_a_line_and_ends_the_command(tmp_path):
    refused = program(tmp_path, "serve", WEBKILN_PUBLIC_URL="kiln.example")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_settings_in_a_file_count_and_are_beaten_by_the_environment_and_by_options(tmp_path):
    (tmp_path / ".env").write_text("WEBKILN_DATA_DIR=filed\n")
    assert program(tmp_path, "db", "upgrade").returncode == 0
    assert program(tmp_path, "db", "upgrade", WEBKILN_DATA_DIR="named").returncode == 0
    assert program(tmp_path, "db", "upgrade", "--data-dir", "asked", WEBKILN_DATA_DIR="no").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {".env", "filed", "named", "asked"}


def test_a_file_that_is_no_text_ends_every_command_in_a_line(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    refused = program(tmp_path, "keys", "list")
    assert refused.returncode == 2
    assert refused.stderr.endswith("/.env cannot be read: it is not UTF-8 text.\n")


@pytest.mark.parametrize(
    "command", [("scrape",), ("crawl",), ("map",), ("search",), ("batch",)], ids=lambda words: words[0]
)
def test_two_places_to_work_are_one_too_many(tmp_path, command):
    words = (*command, "http://a.test/", "--local", "--api-url", "http://b.test")
    for order in (words, (*command, "--api-url", "http://b.test", "--local", "http://a.test/")):
        refused = program(tmp_path, *order)
        assert refused.returncode == 2
        assert "name two places" in refused.stderr
