import pytest

from webkiln.errors import Conflict
from webkiln.operations.repeats import Repeat
from webkiln.store.requests import Earlier

FIRST = (
    b'{"urls": ["http://a.test/", "http://b.test/"], "maxAge": 60000, "headers": {"x": "1", "y": "\xc3\xa9"}}'
)


async def repeated(first, second):
    """Return whether two bodies count as one request."""
    before, again = await Repeat.of("k", first), await Repeat.of("k", second)
    once = before.once(b"answer")
    try:
        return again.replay(Earlier(once.fingerprint, "job", once.answer)) == b"answer"
    except Conflict:
        return False


@pytest.mark.parametrize(
    "second",
    [
        FIRST,
        b'{"headers":{"y":"\\u00e9","x":"1"},"maxAge":60000,"urls":["http://a.test/","http://b.test/"]}',
        FIRST.replace(b"60000", b"60000.0"),
        FIRST.replace(b"60000", b"6e4"),
        FIRST.replace(b"http://a", b"http:\\/\\/a"),
        b" \n" + FIRST + b"\t",
    ],
)
async def test_the_spelling_of_a_body_does_not_count(second):
    assert await repeated(FIRST, second)


@pytest.mark.parametrize(
    "second",
    [
        FIRST.replace(b'"http://a.test/", "http://b.test/"', b'"http://b.test/", "http://a.test/"'),
        FIRST.replace(b"60000", b"60001"),
        FIRST.replace(b"60000", b'"60000"'),
        FIRST.replace(b"60000", b"60000.5"),
        FIRST.replace(b'"1"', b"1"),
        FIRST.replace(b'"1"', b"true"),
        FIRST.replace(b'"x"', b'"X"'),
        FIRST.replace(b', "maxAge": 60000', b""),
        b"not json",
        b"",
    ],
)
async def test_what_a_body_says_does(second):
    assert not await repeated(FIRST, second)


async def test_one_and_true_are_not_the_same():
    assert not await repeated(b'{"a": 1}', b'{"a": true}')
    assert not await repeated(b'{"a": 0}', b'{"a": false}')
    assert not await repeated(b'{"a": [1, 2]}', b'{"a": [2, 1]}')
    assert await repeated(b'{"a": [{"b": 1, "c": 2.0}]}', b'{"a": [{"c": 2, "b": 1}]}')


async def test_large_numbers_keep_apart():
    assert not await repeated(b'{"a": 9007199254740993}', b'{"a": 9007199254740992}')


async def test_without_a_key_nothing_is_recognised():
    assert await Repeat.of(None, FIRST) is None
