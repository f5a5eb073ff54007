"""R10: batches cancelled at any moment, with the API killed right after it said so."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from chaos.client import BATCHES, NotInTime
from chaos.cluster import cluster
from chaos.scenario import Run, Scenario, spread

if TYPE_CHECKING:
    from chaos.cluster import Cluster

_LATEST_S = 1.0
_PAGES = 300
_SLOTS = 4  # trials at a time
_KILL_EVERY = 4
_AFTERWARDS_S = 3.0


@dataclass(frozen=True)
class _Cancelled:
    trial: int
    job: str
    answered: float
    status: int


def _run(run: Run) -> None:
    trials = 10 if run.short else 100
    done: list[_Cancelled] = []
    failed: list[str] = []
    with cluster(run, workers=3) as under:
        began = time.time()
        waits = [(run.dice.uniform(0, 2.5), run.dice.choice([600, 1500, 3000])) for _ in range(trials)]
        for first in range(0, trials, _SLOTS):
            some = range(first, min(first + _SLOTS, trials))
            threads = [
                threading.Thread(target=_trial, args=(under, trial, waits[trial], done, failed), daemon=True)
                for trial in some
            ]
            for thread in threads:
                thread.start()
            kill = (first // _SLOTS) % _KILL_EVERY == 0
            _join(under, threads, len(done) + 1, done, kill=kill)
        time.sleep(_AFTERWARDS_S)
        _judge(run, under, done, began)
    run.notes += failed[:5]
    run.demand(not failed, f"every cancel is answered ({len(failed)} were not)")
    run.figures["trials"] = len(done)


def _join(
    under: Cluster, threads: list[threading.Thread], wanted: int, done: list[_Cancelled], *, kill: bool
) -> None:
    """Wait for the trials; kill the API as soon as the first of them has its answer."""
    end = time.monotonic() + 90
    while any(thread.is_alive() for thread in threads):
        if time.monotonic() > end:
            raise NotInTime("cancels were not answered within 90 s")
        if kill and len(done) >= wanted:
            kill = False
            api = under.apis[0]
            api.kill()
            api.start()
            api.until_ready()
        time.sleep(0.002)


def _trial(
    under: Cluster, trial: int, wait: tuple[float, int], done: list[_Cancelled], failed: list[str]
) -> None:
    """Start a batch and cancel it; a request that the API's death cut off is repeated, as clients do."""
    pause_s, page_ms = wait
    urls = [under.web.url(f"/slow?ms={page_ms}&trial={trial}&n={n}") for n in range(_PAGES)]
    try:
        key = f"trial-{trial}-{under.run.mark}"
        body = {"urls": urls, "maxAge": 0}
        job = under.client.insist("POST", BATCHES, body, x_idempotency_key=key).body["id"]
        time.sleep(pause_s)
        answer = under.client.insist("DELETE", f"{BATCHES}/{job}")
    except (NotInTime, KeyError, TypeError) as trouble:
        failed.append(f"trial {trial}: {trouble}")
        return
    done.append(_Cancelled(trial, job, answer.ended, answer.status))


def _judge(run: Run, under: Cluster, done: list[_Cancelled], began: float) -> None:
    """Compare the answers with what the site saw, and with what the API says of the batches now."""
    answers = Counter(one.status for one in done)
    starts: dict[int, float] = {}
    for seen in under.web.requests(began):
        trial = int(parse_qs(urlsplit(seen["path"]).query)["trial"][0])
        starts[trial] = max(starts.get(trial, 0.0), seen["started"])
    cancelled = [one for one in done if one.status == 200]
    after = {one.trial: starts[one.trial] - one.answered for one in cancelled if one.trial in starts}
    late = {trial: round(seconds, 2) for trial, seconds in after.items() if seconds > _LATEST_S}
    states = Counter(under.client.status(one.job)["status"] for one in cancelled)
    finished = [one for one in done if one.status == 409]
    wrong = [one.job for one in finished if under.client.status(one.job)["status"] != "completed"]
    run.figures |= {
        "answers": {str(status): number for status, number in answers.items()},
        "states_of_cancelled": dict(states),
        "begun": len(starts),
        "last_start_after_answer_s": spread([max(seconds, 0.0) for seconds in after.values()]),
    }
    run.demand(not late, f"no page begun later than {_LATEST_S:g} s after the answer: {late}")
    run.demand(set(states) <= {"cancelled"}, "a cancelled batch stays cancelled")
    run.demand(
        not wrong and set(answers) <= {200, 409}, "a cancel is answered 200, or 409 to what was completed"
    )
    # On a slow machine an API that was killed is back only when the pages are done.
    run.demand(bool(cancelled), "batches are cancelled while they run")
    run.demand_in_time(len(cancelled) >= len(done) * 0.8, "most batches are cancelled while they run")


SCENARIO = Scenario(
    "r10",
    "100 cancels at random moments, some with the API killed right after the answer: no page begun later than"
    " 1 s after the 200; a cancelled batch stays cancelled",
    ("postgres", "sqlite"),
    _run,
)
