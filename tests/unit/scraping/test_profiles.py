import pytest

from webkiln import errors, ids
from webkiln.contract.scrape import Profile
from webkiln.scraping.profiles import Profiles

TEAM = ids.new_id()
WRITING = Profile(name="shop")
READING = Profile.model_validate({"name": "shop", "saveChanges": False})


@pytest.fixture
def profiles(database, clock):
    return Profiles(database, clock)


def opened(profiles, wanted=WRITING, holder=None):
    return profiles.open(TEAM, wanted, holder=holder or ids.new_id(), timeout_s=10)


async def visit(profiles, after, wanted=WRITING):
    async with opened(profiles, wanted) as held:
        held.after = after
        return held.before


async def test_a_writer_leaves_what_the_next_one_finds(profiles):
    assert await visit(profiles, {"cookies": [1]}) is None
    assert await visit(profiles, None) == {"cookies": [1]}
    assert await visit(profiles, {"cookies": [2]}) == {"cookies": [1]}


async def test_a_reader_leaves_nothing_and_waits_for_nobody(profiles):
    await visit(profiles, {"cookies": [1]})
    async with opened(profiles):
        assert await visit(profiles, {"cookies": [2]}, READING) == {"cookies": [1]}
    assert await visit(profiles, None) == {"cookies": [1]}


async def test_a_second_writer_is_told_to_come_again(profiles, clock):
    async with opened(profiles):
        with pytest.raises(errors.ProfileBusy, match="'shop'"):
            await visit(profiles, None)
        clock.advance(41)  # longer than the first may live
        assert await visit(profiles, {"cookies": [3]}) is None
    assert await visit(profiles, None) == {"cookies": [3]}


async def test_a_page_that_fails_lets_go_and_changes_nothing(profiles):
    await visit(profiles, {"cookies": [1]})
    with pytest.raises(errors.ScrapeTimeout):
        async with opened(profiles):
            raise errors.ScrapeTimeout("late")
    assert await visit(profiles, None) == {"cookies": [1]}


async def test_what_is_too_large_is_not_kept(profiles, logs):
    await visit(profiles, {"cookies": [1]})
    await visit(profiles, {"cookies": ["x" * (8 << 20)]})
    assert await visit(profiles, None) == {"cookies": [1]}
    assert [entry["event"] for entry in logs] == ["a profile is too large to be kept"]
