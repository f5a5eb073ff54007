from __future__ import annotations

import pytest

from webkiln.fetching.browser import driver
from webkiln.fetching.browser.driver import driver_problem, driver_program, missing_library

LOADER = "/opt/x/node: error while loading shared libraries: {}: cannot open shared object file: No such file"


@pytest.fixture
def node(tmp_path):
    """Write a stand-in for the driver's interpreter."""

    def write(script):
        path = tmp_path / "node"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


def test_the_one_that_comes_with_playwright_is_found():
    program = driver_program()
    assert program is not None
    assert program.name == "node"


def test_one_that_starts_is_no_problem(node):
    assert driver_problem(node("echo v24.1.0")) is None


def test_a_missing_library_is_named_with_the_package_that_brings_it(node):
    said = driver_problem(node(f"echo '{LOADER.format('libatomic.so.1')}' >&2; exit 127"))
    assert said == (
        "The browser's driver does not start: the library libatomic.so.1 is missing;"
        " `apt-get install libatomic1`, or the package of that name on other systems, brings it."
    )


def test_any_other_library_is_named_with_what_brings_them_all():
    said = missing_library(LOADER.format("libnss3.so"))
    assert said is not None
    assert said.startswith("the library libnss3.so is missing; ")
    assert "playwright install-deps" in said


@pytest.mark.parametrize("said", ["", "Segmentation fault", "libnss3.so is fine"])
def test_what_is_no_word_of_the_loader_is_left_alone(said):
    assert missing_library(said) is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo 'Illegal instruction' >&2; exit 132", "Illegal instruction"), ("exit 3", "it ends at once.")],
)
def test_one_that_ends_otherwise_is_quoted(node, script, reason):
    assert driver_problem(node(script)) == f"The browser's driver does not start: {reason}"


def test_one_that_cannot_be_run_says_so(tmp_path):
    path = tmp_path / "node"
    path.write_bytes(b"\x7fELF of another machine")
    path.chmod(0o755)
    assert "cannot be run" in str(driver_problem(path))


def test_one_that_hangs_is_not_waited_for(node, monkeypatch):
    monkeypatch.setattr(driver, "_START_S", 0.1)
    assert "says nothing" in str(driver_problem(node("exec sleep 60")))
