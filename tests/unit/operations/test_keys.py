import re

import pytest
from sqlalchemy import text

from webkiln import errors
from webkiln.operations.keys import InvalidKey, Keys

HEX = "0123456789abcdef" * 2


@pytest.fixture
def keys(database, clock):
    return Keys(database, clock=clock)


async def test_a_key_is_seen_once_and_stored_as_a_digest(keys, database):
    key = await keys.create(team="ours", name="laptop")
    assert re.fullmatch(r"fc-[0-9a-f]{32}", key)
    (listed,) = await keys.list_all()
    assert (listed.team, listed.name, listed.shown_as) == ("ours", "laptop", f"fc-{key[3:7]}…{key[-4:]}")
    dump = await database.read(
        lambda connection: connection.execute(text("SELECT * FROM api_keys JOIN teams")).all()
    )
    assert key[3:] not in str(dump)
    assert bytes.fromhex(key[3:]) not in [field for row in dump for field in row]


async def test_every_key_is_another(keys):
    assert len({await keys.create() for _ in range(20)}) == 20


async def test_a_key_names_its_team(keys):
    first, second = await keys.create(team="a"), await keys.create(team="b", credit_limit=5)
    callers = [await keys.authenticate(key) for key in (first, second)]
    assert callers[0].team_id != callers[1].team_id
    assert [caller.credit_limit for caller in callers] == [None, 5]


@pytest.mark.parametrize(
    "token",
    [f"fc-{HEX}", HEX, HEX.upper(), "01234567-89ab-cdef-0123-456789abcdef", f"fc-{HEX.upper()}"],
)
async def test_a_key_may_be_spelled_in_several_ways(keys, token):
    await keys.create(key=f"fc-{HEX}")
    assert await keys.authenticate(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "fc-",
        HEX[:-1],
        HEX + "0",
        "g" * 32,
        f"FC-{HEX}",
        "fc-fc-" + HEX,
        "\u0660" * 32,
        "0" * 32,
        "\0" * 32,
    ],
)
async def test_what_is_no_key_is_refused(keys, token):
    await keys.create(key=f"fc-{HEX}")
    with pytest.raises(errors.Unauthorized, match="Invalid token"):
        await keys.authenticate(token)


@pytest.mark.parametrize(
    "key", ["my-secret", "fc-local-key", HEX + "00", "FC-" + HEX, "a:b=c/d,e", "x" * 256]
)
async def test_a_key_may_be_chosen_and_is_then_the_whole_of_it(keys, database, key):
    assert await keys.create(key=key, name="preset") == key
    caller = await keys.authenticate(key)
    for other in (key + "x", "fc-" + key, key[:-1], key.swapcase(), key.replace("-", "")):
        if other != key:
            with pytest.raises(errors.Unauthorized):
                await keys.authenticate(other)
    (listed,) = await keys.list_all()
    assert (listed.id, listed.name, listed.shown_as) == (caller.key_id, "preset", "chosen")
    dump = await database.read(lambda connection: connection.execute(text("SELECT * FROM api_keys")).all())
    assert key not in str(dump)


@pytest.mark.parametrize("key", ["", "secret7", "fc-123", "with a space", "gr\u00fcn-gr\u00fcn", "x" * 257])
async def test_a_key_that_is_short_or_cannot_be_sent_is_none(keys, key):
    with pytest.raises(InvalidKey):
        await keys.create(key=key)
    assert await keys.list_all() == []


async def test_presetting_a_key_again_changes_nothing_but_revives_it(keys):
    await keys.create(key=HEX, name="preset")
    await keys.create(key=HEX, name="preset")
    (listed,) = await keys.list_all()
    await keys.revoke(listed.id)
    with pytest.raises(errors.Unauthorized):
        await keys.authenticate(HEX)
    await keys.create(key=HEX, name="preset")
    assert (await keys.authenticate(HEX)).key_id == listed.id


@pytest.mark.parametrize("key_id", ["", "nonsense", "0198a000-0000-7000-8000-00000000abcd", "'; DROP TABLE"])
async def test_revoking_what_is_not_there_says_so(keys, key_id):
    await keys.create()
    assert not await keys.revoke(key_id)
