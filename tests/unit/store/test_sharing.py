from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.store.sharing import fill, share_out


@dataclass(frozen=True)
class Candidate:
    """The columns of a runnable job that sharing looks at."""

    id: str
    team_id: str = "team"
    wanted: int = 100
    priority: int = 10
    fifo: bool = False
    served_at: float = 0.0
    team_served_at: float = 0.0


def shared(candidates, slots, **room):
    return dict(share_out(candidates, slots, room))


@pytest.mark.parametrize(
    ("wishes", "amount", "given"),
    [
        ([], 5, []),
        ([3], 0, [0]),
        ([3], 5, [3]),
        ([9, 9, 9], 9, [3, 3, 3]),
        ([9, 9, 9], 8, [3, 3, 2]),  # the odd ones go to the front
        ([9, 9, 9], 2, [1, 1, 0]),
        ([1, 9, 9], 9, [1, 4, 4]),  # what one does not want is filled into the others
        ([1, 2, 9], 9, [1, 2, 6]),
        ([0, 9, 0], 4, [0, 4, 0]),
        ([1, 2, 3], 99, [1, 2, 3]),
    ],
)
def test_equal_parts_are_filled_up_to_what_is_wished(wishes, amount, given):
    assert fill(wishes, amount) == given


def test_the_lower_number_takes_what_it_can_before_the_next():
    low, high = Candidate("low", wanted=3, priority=0), Candidate("high", priority=10)
    assert shared([low, high], 2) == {"low": 2}
    assert shared([high, low], 5) == {"low": 3, "high": 2}


def test_teams_get_equal_parts_however_many_jobs_they_have():
    many = [Candidate(f"many-{n}", team_id="many") for n in range(20)]
    one = Candidate("one", team_id="one")
    found = shared([*many, one], 20)
    assert found.pop("one") == 10
    assert sum(found.values()) == 10
    assert set(found.values()) == {1}  # and each of its jobs an equal part of that


def test_what_one_team_does_not_want_goes_to_the_others():
    small, large = Candidate("small", team_id="a", wanted=2), Candidate("large", team_id="b")
    assert shared([small, large], 10) == {"small": 2, "large": 8}


def test_the_odd_place_goes_to_the_team_that_was_served_longest_ago():
    fresh, stale = Candidate("f", team_id="a", team_served_at=9.0), Candidate("s", team_id="b")
    assert shared([fresh, stale], 3) == {"s": 2, "f": 1}
    assert shared([fresh, stale], 1) == {"s": 1}


def test_the_odd_place_of_a_team_goes_to_the_job_that_stands_first():
    """The claim reads a team's jobs in the order in which they were served."""
    assert shared([Candidate("stale"), Candidate("fresh", served_at=9.0)], 3) == {"stale": 2, "fresh": 1}


def test_a_team_gets_no_more_than_its_room_and_the_others_get_the_rest():
    first, second = Candidate("1", team_id="a"), Candidate("2", team_id="a")
    other = Candidate("3", team_id="b")
    assert shared([first, second, other], 20, a=4) == {"1": 2, "2": 2, "3": 16}
    assert shared([first, other], 20, a=-1, b=3) == {"3": 3}  # a limit that was lowered below what runs


def test_a_room_holds_over_priorities():
    first, second = Candidate("1", wanted=3, priority=0), Candidate("2", priority=10)
    assert shared([first, second], 20, team=5) == {"1": 3, "2": 2}


def test_first_in_first_out_jobs_are_neither_limited_nor_counted():
    events = Candidate("events", wanted=4, fifo=True, priority=0)
    pages = Candidate("pages", priority=10)
    assert shared([events, pages], 20, team=5) == {"events": 4, "pages": 5}
    beside = Candidate("beside", wanted=4, fifo=True)
    assert shared([beside, pages], 20, team=0) == {"beside": 4}


@st.composite
def crowds(draw):
    """Any candidates, in the order of the claim's query, with slots and rooms."""
    count = draw(st.integers(0, 12))
    served = {team: float(draw(st.integers(0, 3))) for team in "abc"}
    jobs = []
    for number in range(count):
        team = draw(st.sampled_from("abc"))
        jobs.append(
            Candidate(
                f"job-{number}",
                team_id=team,
                wanted=draw(st.integers(-1, 12)),
                priority=draw(st.sampled_from([0, 10])),
                fifo=draw(st.booleans()),
                team_served_at=served[team],
            )
        )
    room = draw(st.dictionaries(st.sampled_from("abc"), st.integers(-2, 15)))
    return jobs, draw(st.integers(0, 40)), room


@given(crowds())
def test_nothing_is_given_twice_beyond_a_wish_or_kept_from_the_hungry(crowd):
    jobs, slots, room = crowd
    answer = share_out(jobs, slots, room)
    given_out = dict(answer)
    assert len(given_out) == len(answer)
    assert all(places > 0 for places in given_out.values())
    assert sum(given_out.values()) <= slots
    assert all(given_out.get(job.id, 0) <= max(job.wanted, 0) for job in jobs)

    counted = Counter()
    for job in jobs:
        counted[job.team_id] += 0 if job.fifo else given_out.get(job.id, 0)
    assert all(counted[team] <= max(most, 0) for team, most in room.items())

    hungry = [
        job
        for job in jobs
        if given_out.get(job.id, 0) < job.wanted
        and (job.fifo or counted[job.team_id] < room.get(job.team_id, counted[job.team_id] + 1))
    ]
    if hungry:
        assert sum(given_out.values()) == slots
        first = min(job.priority for job in hungry)
        assert not [job for job in jobs if job.priority > first and job.id in given_out]


@given(crowds())
def test_no_hungry_team_gets_less_than_another_by_more_than_one(crowd):
    jobs, slots, _ = crowd
    jobs = [job for job in jobs if job.priority == 0]
    given_out = dict(share_out(jobs, slots, {}))
    of_team, hungry = defaultdict(int), set()
    for job in jobs:
        of_team[job.team_id] += given_out.get(job.id, 0)
        if given_out.get(job.id, 0) < job.wanted:
            hungry.add(job.team_id)
    most = max(of_team.values(), default=0)
    assert all(of_team[team] >= most - 1 for team in hungry)
