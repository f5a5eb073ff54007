import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from webkiln.fetching.browser.home import Home, open_to_all, sweep


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    """A place for temporary folders that any user may pass through."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


@pytest.fixture
def browser(folder):
    """What stands for a browser: it says how it was started."""
    path = folder / "browser"
    path.write_text('#!/bin/sh\necho "$HOME"; id -u; for one; do echo "$one"; done\n')
    path.chmod(0o755)
    return path


def started(home, *arguments):
    said = subprocess.run([home.starter, *arguments], capture_output=True, text=True, check=True, timeout=20)
    return said.stdout.splitlines()


def test_the_profile_is_here_and_the_drivers_own_is_gone(browser, folder):
    given = folder / "drivers-profile"
    given.mkdir()
    home = Home(browser, as_root=False)
    profile, user, *arguments = started(home, "--one", f"--user-data-dir={given}", "--two words", "last")
    assert arguments == ["--one", f"--user-data-dir={profile}", "--two words", "last"]
    assert Path(profile).parent == home.starter.parent
    assert not given.exists()
    assert home.pid > 0
    if os.geteuid() == 0:
        assert int(user) != 0
        assert Path(profile).stat().st_uid == int(user)
    home.remove()
    assert not home.starter.parent.exists()


def test_a_piped_browser_reads_and_writes_where_chromium_does(browser):
    browser.write_text("#!/bin/sh\nread -r asked; echo aloud; read -r asked <&3; echo answer to $asked >&4\n")
    home = Home(browser, as_root=False, piped=True)
    said = subprocess.run([home.starter], input=b"question\n", capture_output=True, check=True, timeout=20)
    assert said.stdout == b"answer to question\n"
    home.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could be somebody else")
def test_root_stays_root_where_nobody_else_could_run_it(browser):
    home = Home(browser, as_root=True)
    assert started(home)[1] == "0"
    home.remove()


def test_what_the_dead_have_left_is_swept_and_the_living_keep_theirs(browser):
    left, lived_in, new = (Home(browser, as_root=False) for _ in range(3))
    (left.starter.parent / "pid").write_text("999999999")
    (lived_in.starter.parent / "pid").write_text(str(os.getpid()))
    sweep()
    assert [home.starter.exists() for home in (left, lived_in, new)] == [False, True, True]


def test_the_driver_keeps_its_files_here_while_it_is_started(browser, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/before")
    home = Home(browser, as_root=False)
    with home.for_the_driver():
        assert Path(os.environ["TMPDIR"]).parent == home.starter.parent
        assert Path(os.environ["TMPDIR"]).is_dir()
    assert os.environ["TMPDIR"] == "/before"
    monkeypatch.delenv("TMPDIR")
    other = Home(browser, as_root=False)
    with other.for_the_driver():
        pass
    assert "TMPDIR" not in os.environ


def test_who_may_run_a_file(browser, folder):
    assert open_to_all(browser)
    folder.chmod(0o700)
    assert not open_to_all(browser)
