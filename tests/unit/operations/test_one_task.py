from __future__ import annotations

import pytest

from webkiln import errors
from webkiln.engine.outcome import encode_error
from webkiln.operations.one_task import kept_error


def every(kind):
    return [one for child in kind.__subclasses__() for one in (child, *every(child))]


OURS = [kind for kind in every(errors.ScrapeError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_from_its_task_as_it_went_in(kind):
    kept = kept_error(encode_error(kind("what was tried")))
    assert (kept.status, kept.code, kept.message) == (kind.status, kind.code, "what was tried")


def test_an_error_of_a_code_nobody_knows_is_unexpected():
    kept = kept_error(b'{"status":500,"code":"OF_A_LATER_RELEASE","error":"x"}')
    assert isinstance(kept, errors.UnexpectedFailure)
