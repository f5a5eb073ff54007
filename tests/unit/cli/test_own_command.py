from __future__ import annotations

import os

import pytest

from webkiln.cli.own_command import keys_command, own_command
from webkiln.settings import load


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make an environment with the command in it, and stand beside it."""
    folder = tmp_path / "my project" / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "webkiln"):
        (folder / name).touch(mode=0o755)
    monkeypatch.chdir(tmp_path / "my project")
    return folder


def test_below_the_working_directory_it_is_the_path_from_there(made):
    assert own_command(str(made / "python"), search="/usr/bin") == ".venv/bin/webkiln"


def test_on_the_path_it_is_the_name(made):
    assert own_command(str(made / "python"), search=f"/usr/bin{os.pathsep}{made}") == "webkiln"


def test_another_of_the_same_name_on_the_path_is_not_meant(made, tmp_path):
    other = tmp_path / "bin"
    other.mkdir()
    (other / "webkiln").touch(mode=0o755)
    assert own_command(str(made / "python"), search=str(other)) == ".venv/bin/webkiln"


def test_elsewhere_it_is_the_whole_path_in_quotes_where_they_are_needed(made, monkeypatch):
    monkeypatch.chdir("/")
    assert own_command(str(made / "python"), search="/usr/bin") in (
        f"'{made}/webkiln'",
        f"'{str(made)[1:]}/webkiln'",
    )


def test_without_a_script_it_is_the_interpreter(made):
    (made / "webkiln").unlink()
    assert own_command(str(made / "python"), search="/usr/bin") == f"'{made}/python' -m webkiln"


def test_keys_are_made_where_the_server_keeps_them():
    own = own_command()
    assert keys_command(load({})) == f"{own} keys create"
    assert keys_command(load({}, data_dir="my data")) == f"{own} keys create --data-dir 'my data'"
    secret = {"WEBKILN_DATABASE_URL": "postgresql://me:glaze@db.test/kiln"}
    assert keys_command(load(secret)) == f'{own} keys create --database-url "$WEBKILN_DATABASE_URL"'
