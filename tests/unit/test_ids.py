from __future__ import annotations

import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.ids import new_id, new_ids, parse_id

MANY = "from webkiln.ids import new_ids; print('\\n'.join(new_ids(20_000)))"


def milliseconds(made: str) -> int:
    return uuid.UUID(made).int >> 80


@given(st.integers(min_value=1, max_value=300))
def test_every_id_is_a_uuid_of_version_7(count):
    for made in new_ids(count):
        read = uuid.UUID(made)
        assert (read.version, read.variant, str(read)) == (7, uuid.RFC_4122, made)


def test_an_id_carries_the_millisecond_it_was_made_in():
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert before <= milliseconds(made) <= time.time_ns() // 1_000_000


def test_ids_of_one_call_keep_their_order_and_share_a_millisecond():
    made = new_ids(100_000)
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert milliseconds(made[0]) == milliseconds(made[-1])


def test_ids_sort_by_the_time_they_were_made():
    first = new_id()
    while milliseconds(second := new_id()) == milliseconds(first):
        continue
    assert first < second


def test_no_ids_when_none_are_asked_for():
    assert new_ids(0) == []


def test_calls_in_one_millisecond_start_at_different_points():
    heads = {made[15:] for made in (new_id() for _ in range(1_000))}
    assert len(heads) == 1_000


def test_threads_never_make_the_same_id():
    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(new_ids, [2_000] * 32))
    made = [one for batch in batches for one in batch]
    assert len(set(made)) == len(made)


def test_processes_never_make_the_same_id():
    running = [
        subprocess.Popen([sys.executable, "-c", MANY], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    made = [line for process in running for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(made) == 60_000
    assert len(set(made)) == len(made)


@given(st.uuids())
def test_any_uuid_is_read_whatever_its_version_and_case(value):
    assert parse_id(str(value)) == str(value)
    assert parse_id(str(value).upper()) == str(value)


@given(st.text())
def test_no_other_text_is_an_id(text):
    assert parse_id(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "0198a00000007000800000000000000a",
        "{0198a000-0000-7000-8000-00000000000a}",
        "urn:uuid:0198a000-0000-7000-8000-00000000000a",
        "0198a000-0000-7000-8000-00000000000a\n",
        " 0198a000-0000-7000-8000-00000000000a",
        "0198a000-0000-7000-8000-00000000000",
        "0198a000-0000-7000-8000-0000000000ag",
        "\u0660198a000-0000-7000-8000-00000000000a",
        "0198a000_0000_7000_8000_00000000000a",
    ],
)
def test_spellings_that_python_would_take_are_none(text):
    assert parse_id(text) is None
