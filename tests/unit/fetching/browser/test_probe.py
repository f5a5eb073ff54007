"""Browsers that are none: what showing a page with them says. A real one is in tests/browser."""

from __future__ import annotations

import pytest

from webkiln.fetching.browser import probe as subject
from webkiln.fetching.browser.findings import Findings
from webkiln.fetching.browser.probe import probe


@pytest.fixture
def chromium(tmp_path):
    def write(script):
        path = tmp_path / "chromium-headless-shell"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


async def test_a_browser_that_lacks_a_library_names_it(chromium):
    words = "chromium: error while loading shared libraries: libnss3.so: cannot open shared object file"
    found = await probe(chromium(f"echo '{words}' >&2; exit 127"), sandbox="off")
    assert found.problem is not None
    assert found.problem.startswith("The browser does not start: the library libnss3.so is missing; ")
    assert found.drives == found.shows


async def test_a_browser_that_ends_at_once_is_quoted(chromium):
    found = await probe(chromium("echo 'no such display' >&2; exit 1"), sandbox="off")
    assert found.shows == "The browser does not start: no such display"


async def test_a_browser_that_answers_nothing_is_not_waited_for(chromium, monkeypatch):
    monkeypatch.setattr(subject, "_MOST_S", 0.3)
    found = await probe(chromium("exec sleep 60"), sandbox="off")
    assert found.shows is not None
    assert "showed no page in" in found.shows


@pytest.mark.parametrize(
    ("shows", "drives", "problem"),
    [(None, None, None), ("a", "a", "a"), (None, "b", "b")],
)
def test_a_problem_is_the_first_of_what_was_found(shows, drives, problem):
    assert Findings(shows, drives).problem == problem
