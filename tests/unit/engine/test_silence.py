import pytest

from webkiln.engine.silence import Silence
from webkiln.store.leases import Worker

ONE, TWO = Worker("1", "host-a", "slot"), Worker("2", "host-b", "slot")


@pytest.fixture
def silence(clock):
    """Takes workers for dead after 15 seconds, looking every 3."""
    return Silence(15, 3, now=clock)


def look(silence, clock, leases, times, every=3):
    """Look several times, `every` so many seconds; return the last answer."""
    found = {}
    for _ in range(times):
        clock.advance(every)
        found = silence.look(leases)
    return found


def test_who_is_not_heard_of_for_a_lease_is_dead(silence, clock):
    assert look(silence, clock, {ONE: 7.0}, 5) == {}  # seen for the first time, then for 12 seconds
    assert look(silence, clock, {ONE: 7.0}, 1) == {ONE: 7.0}


def test_what_the_leases_say_is_never_compared_with_the_time_here(clock):
    """Clocks of different hosts: one lease ended long ago, one ends in ages."""
    for lease in (-1e9, clock() + 1e9):
        fresh = Silence(15, 3, now=clock)
        assert look(fresh, clock, {ONE: lease}, 5) == {}
        assert look(fresh, clock, {ONE: lease}, 1) == {ONE: lease}


def test_any_change_of_a_lease_is_a_sign_of_life(silence, clock):
    for lease in (7.0, 8.0, 3.0, 9.0):  # set back too, with the clock of its host
        assert look(silence, clock, {ONE: lease}, 5) == {}
    assert look(silence, clock, {ONE: 9.0}, 1) == {ONE: 9.0}


def test_each_is_heard_for_itself(silence, clock):
    look(silence, clock, {ONE: 1.0}, 3)
    assert look(silence, clock, {ONE: 1.0, TWO: 1.0}, 3) == {ONE: 1.0}
    assert look(silence, clock, {TWO: 1.0}, 3) == {TWO: 1.0}


def test_who_was_away_and_is_back_begins_anew(silence, clock):
    look(silence, clock, {ONE: 1.0}, 5)
    assert look(silence, clock, {}, 1) == {}
    assert look(silence, clock, {ONE: 1.0}, 5) == {}


def test_time_in_which_nobody_looked_kills_nobody(silence, clock):
    """This process was frozen, or the database away: nobody could be heard."""
    look(silence, clock, {ONE: 1.0}, 2)
    assert look(silence, clock, {ONE: 1.0}, 1, every=10_000) == {}
    assert look(silence, clock, {ONE: 1.0}, 1) == {}
    assert look(silence, clock, {ONE: 2.0}, 1) == {}


def test_the_dead_die_although_every_look_is_late(silence, clock):
    assert look(silence, clock, {ONE: 1.0}, 3, every=60) == {}
    assert look(silence, clock, {ONE: 1.0}, 1, every=60) == {ONE: 1.0}
