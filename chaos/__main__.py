"""Run a scenario and print its line; the exit status is 0 when it passed, 77 when it cannot run here."""

from __future__ import annotations

import argparse
import json
import signal
import sys

from chaos.scenarios import SCENARIOS, SEED, CannotRun, perform

_SKIPPED = 77


def main() -> int:
    """Read the command line and run what it names."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(SCENARIOS))
    parser.add_argument("--list", action="store_true", help="name the scenarios and their goals")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--short", action="store_true", help="a small part of it, in less than a minute")
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    if given.list or given.name is None:
        for scenario in SCENARIOS.values():
            print(f"{scenario.name:5} {'/'.join(scenario.databases):16} {scenario.goal}")
        return 0
    scenario = SCENARIOS[given.name]
    if given.database is not None and given.database not in scenario.databases:
        parser.error(f"{given.name} runs on {' or '.join(scenario.databases)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = perform(scenario, seed=given.seed, short=given.short, database=given.database)
    except CannotRun as missing:
        print(json.dumps({"name": given.name, "skipped": str(missing)}))
        return _SKIPPED
    print(json.dumps(run.line(scenario)))
    return 0 if not run.broken else 1


if __name__ == "__main__":
    sys.exit(main())
