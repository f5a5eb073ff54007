import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from contract.running import clean_environment
from webkiln.store.schema import STEP


@pytest.fixture
def webkiln(tmp_path):
    def run(*arguments, start=False):
        command = [sys.executable, "-m", "webkiln", *arguments, "--data-dir", str(tmp_path / "data")]
        options = {"env": clean_environment(), "text": True, "cwd": tmp_path}
        if start:
            return subprocess.Popen(command, stderr=subprocess.PIPE, **options)
        return subprocess.run(command, capture_output=True, check=False, timeout=60, **options)

    return run


def test_the_schema_is_looked_at_brought_up_to_date_and_checked(webkiln, tmp_path):
    for looking in ("current", "check"):
        refused = webkiln("db", looking)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"There is no database in {tmp_path}/data: ")
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "webkiln.db").touch()
    assert webkiln("db", "current").stdout == "none: the database is empty\n"
    assert "run `webkiln db upgrade`" in webkiln("db", "check").stderr
    assert webkiln("db", "upgrade").stdout == f"from nothing to {STEP}\n"
    assert webkiln("db", "upgrade").stdout == f"at step {STEP} already\n"
    assert webkiln("db", "current").stdout == f"{STEP}\n"
    assert webkiln("db", "check").returncode == 0


def set_step(tmp_path, step):
    with sqlite3.connect(tmp_path / "data" / "webkiln.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", [step])
    database.close()


@pytest.mark.parametrize("command", ["check", "upgrade"])
def test_a_newer_programs_database_is_left_alone(webkiln, tmp_path, command):
    webkiln("db", "upgrade")
    set_step(tmp_path, "9999")
    refused = webkiln("db", command)
    assert refused.returncode == 1
    assert "9999" in refused.stderr
    assert "Bring this program up to date" in refused.stderr
    assert webkiln("db", "current").stdout == "9999\n"


def test_a_file_that_is_no_database_is_named(webkiln, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "webkiln.db").write_text("a letter to grandmother " * 40)
    starting = (("serve", "--port", "0"), ("worker",))
    for command in (("db", "upgrade"), ("db", "check"), ("keys", "list"), *starting):
        refused = webkiln(*command)
        assert refused.returncode == 1, command
        assert f"{tmp_path}/data/webkiln.db does not answer: file is not a database" in refused.stderr
        said = [line for line in refused.stderr.splitlines() if "database lost" not in line]
        assert len(said) == 1, command


def test_a_database_out_of_reach_is_one_line_without_its_password(webkiln):
    refused = webkiln("db", "check", "--database-url", "postgresql://me:glaze-and-slip@127.0.0.1:9/kiln")
    assert refused.returncode == 1
    assert "The database does not answer: Connection refused" in refused.stderr
    assert "glaze" not in refused.stderr + refused.stdout


def test_what_is_no_database_is_a_mistake_in_the_settings(webkiln):
    refused = webkiln("db", "check", "--database-url", "mysql://me:glaze-and-slip@host/kiln")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "WEBKILN_DATABASE_URL" in refused.stderr
    assert "glaze" not in refused.stderr


def test_a_running_worker_stops_when_a_newer_program_takes_the_database_over(webkiln, tmp_path):
    webkiln("db", "upgrade")
    worker = webkiln("worker", start=True)
    try:
        for line in worker.stderr:
            if "worker ready" in line:
                break
        set_step(tmp_path, "9999")
        assert worker.wait(30) == 1
        assert "Bring this program up to date" in worker.stderr.read()
    finally:
        worker.kill()
        worker.wait()
        worker.stderr.close()


def test_several_workers_of_a_host_take_a_place_each(webkiln, tmp_path):
    webkiln("db", "upgrade")
    supervisor = webkiln("worker", "--workers", "2", start=True)
    try:
        end = time.monotonic() + 30
        with sqlite3.connect(tmp_path / "data" / "webkiln.db", timeout=10) as database:
            while len(found := database.execute("SELECT slot FROM workers ORDER BY slot").fetchall()) < 2:
                assert time.monotonic() < end
                time.sleep(0.05)
        assert found == [("worker-1",), ("worker-2",)]
        os.kill(supervisor.pid, signal.SIGTERM)
        assert supervisor.wait(30) == 0
        assert database.execute("SELECT count(*) FROM workers").fetchone() == (0,)
        database.close()
    finally:
        supervisor.kill()
        supervisor.wait()
        supervisor.stderr.close()
