from __future__ import annotations

import subprocess
import sys

import pytest

from contract.running import clean_environment
from webkiln.cli.keys import listed
from webkiln.store.teams import ApiKey

IDS = ("01a22d4e-adc5-714c-956e-4fa50b84e5c0", "01a22d4e-d2ad-7113-9fd8-3cc0e260d540")
TEAM, NAME = "a-team-with-a-long-name", "the crawler of the shop"


def key(number, **more):
    row = {"id": IDS[number], "team_id": "t", "team": TEAM, "name": NAME, "shown_as": "fc-0123…cdef"}
    return ApiKey(**{**row, "credit_limit": None, "created_at": 0.0, "revoked_at": None, **more})


KEYS = [key(0), key(1, team="b", credit_limit=100, revoked_at=86_400.0)]


def test_in_a_pipe_there_is_a_key_a_line_with_tabs_between():
    first, *rows = listed(KEYS, None)
    assert first.split("\t") == ["id", "team", "name", "key", "credits a month", "made", "revoked"]
    assert [row.split("\t") for row in rows] == [
        [IDS[0], TEAM, NAME, "fc-0123…cdef", "no limit", "1970-01-01 00:00", ""],
        [IDS[1], "b", NAME, "fc-0123…cdef", "100", "1970-01-01 00:00", "1970-01-02 00:00"],
    ]


@pytest.mark.parametrize("width", [20, 80, 120, 300])
def test_nothing_is_cut_short_however_narrow_the_terminal(width):
    text = "\n".join(listed(KEYS, width))
    for word in (*IDS, TEAM, NAME, "fc-0123…cdef", "no limit"):
        assert word in text


def test_on_a_wide_terminal_a_key_is_a_line():
    lines = listed(KEYS, 200)
    assert len(lines) == 3
    assert len({line.index("fc-") for line in lines[1:]}) == 1


def test_at_eighty_columns_short_names_fit_and_an_id_stands_alone():
    lines = listed([key(0, team="shop", name="crawler")], 80)
    assert max(map(len, lines)) <= 80
    assert lines[2] == IDS[0]
    assert lines[3].split()[:2] == ["shop", "crawler"]


def test_what_a_terminal_would_obey_is_left_out():
    assert "\x1b" not in "".join(listed([key(0, name="a\x1b[2Jb\tc\nd")], None))
    assert len(listed([key(0, name="a\x1b[2Jb\tc\nd")], None)) == 2


@pytest.fixture
def webkiln(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "webkiln", *arguments]
        options = {"env": clean_environment(), "text": True, "cwd": tmp_path, "timeout": 60}
        return subprocess.run(command, capture_output=True, check=False, **options)

    return run


@pytest.mark.parametrize("command", [("list",), ("create",), ("revoke", IDS[0])], ids=lambda words: words[0])
def test_a_folder_without_a_database_is_named_and_none_is_made(webkiln, tmp_path, command):
    refused = webkiln("keys", *command, "--data-dir", "typo")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"There is no database in {tmp_path}/typo: ")
    assert "--data-dir" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_come_and_go(webkiln):
    assert webkiln("db", "upgrade").returncode == 0
    made = webkiln("keys", "create", "--team", "shop", "--name", "till").stdout.strip()
    assert made.startswith("fc-")
    _, row = webkiln("keys", "list").stdout.splitlines()
    key_id, team, name, *_, revoked = row.split("\t")
    assert (team, name, revoked) == ("shop", "till", "")
    assert webkiln("keys", "revoke", key_id).stdout == "Revoked.\n"
    assert webkiln("keys", "revoke", key_id).returncode == 1
    assert webkiln("keys", "list").stdout.splitlines()[1].split("\t")[-1] != ""
