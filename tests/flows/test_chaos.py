"""Scenarios of `chaos` in their short forms; `python -m chaos NAME` runs the whole of one."""

import json

import pytest

from chaos.scenarios import SCENARIOS, CannotRun, perform

SHORT = [("r4", "postgres"), ("r10", "postgres"), ("r11", "sqlite")]
LONGER = [
    ("r1", "sqlite"),
    ("r1", "postgres"),
    ("r3", "postgres"),
    ("r5", "postgres"),
    ("r7", "postgres"),
    ("r10", "sqlite"),
    ("r11", "postgres"),
    ("r14", "sqlite"),
    ("crawl", "sqlite"),
    ("crawl", "postgres"),
]


def passes(name, database):
    try:
        run = perform(SCENARIOS[name], short=True, database=database, timed=False)
    except CannotRun as missing:
        pytest.skip(f"{name}: {missing}")
    assert not run.broken, json.dumps(run.line(SCENARIOS[name]), indent=1)


@pytest.mark.parametrize(("name", "database"), SHORT)
def test_scenario(name, database):
    passes(name, database)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "database"), LONGER)
def test_longer_scenario(name, database):
    passes(name, database)


def test_every_scenario_is_run_on_every_database():
    assert {*SHORT, *LONGER} == {
        (scenario.name, database) for scenario in SCENARIOS.values() for database in scenario.databases
    }
