import os
from pathlib import Path

import pytest

from webkiln.fetching.browser import installed


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without any browser, and a way to put one where it would be."""
    monkeypatch.setattr(installed, "_BINARIES", (str(tmp_path / "debian-shell"), str(tmp_path / "debian")))
    monkeypatch.setattr(installed, "_FOR_ALL", tmp_path / "opt")
    environ = {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}

    def put(name):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    return put, environ


def found(environ, named=None):
    return installed.find_chromium(named, environ)


CACHE = "home/.cache/ms-playwright"


def test_a_machine_without_a_browser(machine):
    assert found(machine[1]) is None


def test_what_is_named_wins_and_nothing_else_is_taken_for_it(machine):
    put, environ = machine
    put("debian-shell")
    own = put("own/chrome")
    assert found(environ, own) == own
    assert found(environ, own.with_name("missing")) is None
    own.chmod(0o644)
    assert os.geteuid() == 0 or found(environ, own) is None


def test_the_lean_build_is_preferred_wherever_it_is(machine):
    put, environ = machine
    command = put("bin/chromium")
    assert found(environ) == command
    put(f"{CACHE}/chromium-1208/chrome-linux/chrome")
    whole = put("debian")
    assert found(environ) == whole
    shell = put(f"{CACHE}/chromium_headless_shell-1208/chrome-linux/headless_shell")
    assert found(environ) == shell
    debian = put("debian-shell")
    assert found(environ) == debian


def test_the_newest_of_several_releases(machine):
    put, environ = machine
    for release in (999, 1208, 1100):
        put(f"{CACHE}/chromium_headless_shell-{release}/chrome-linux/headless_shell")
    assert "-1208/" in str(found(environ))


def test_where_playwright_is_told_to_unpack(machine, tmp_path):
    put, environ = machine
    shell = put("elsewhere/chromium_headless_shell-1/chrome-linux/headless_shell")
    assert found(environ | {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "elsewhere")}) == shell


def test_a_snap_is_no_browser_for_us(machine, tmp_path):
    put, environ = machine
    confined = put("snap/bin/chromium")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "chromium").symlink_to(confined)
    assert found(environ) is None


@pytest.mark.parametrize(
    ("name", "lean"),
    [("chromium-headless-shell", True), ("headless_shell", True), ("chromium", False), ("chrome", False)],
)
def test_which_build_it_is(name, lean):
    assert installed.is_headless_shell(Path("/usr/bin", name)) is lean
