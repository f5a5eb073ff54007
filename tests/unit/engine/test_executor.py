import asyncio
import gc
import weakref
from dataclasses import replace

import pytest

from engine.scripted import Scripted
from webkiln import errors
from webkiln.engine.executor import MAX_CRASHES, execute
from webkiln.engine.outcome import Completed, Failed, GivenBack
from webkiln.store.tasks import ClaimedTask
from webkiln.telemetry.redaction import WITHHELD, for_log

TASK = ClaimedTask(
    id="t", job_id="j", spec_id="s", payload="https://site.test/", attempt=1, tries=0, crashes=0,
    kind="pages", team_id="m", key_id=None, zero_retention=False, told_id=None,
)  # fmt: skip


class Naps:
    """Counts the seconds it was asked to sleep, and sleeps none."""

    def __init__(self):
        self.taken = []

    async def __call__(self, seconds):
        self.taken.append(seconds)


def failing(error, times=10**9):
    left = [times]

    async def do(task):
        if left[0]:
            left[0] -= 1
            raise error
        return Completed(task.payload.encode())

    return Scripted(do)


async def test_the_handlers_outcome_is_the_outcome():
    assert await execute(Scripted(), TASK) == Completed(b"https://site.test/", credits=1)


async def test_an_error_of_ours_ends_the_task_through_the_handler():
    handler = failing(errors.TlsFailed("no trust"))
    outcome = await execute(handler, TASK)
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "no trust"
    assert [error for _, error in handler.abandoned] == [outcome.error]


async def test_an_outcome_keeps_nothing_of_what_failed():
    class Body:
        """Stands for the 64 MiB of a page that turned out to be too large."""

    bodies = []

    def decode():
        body = Body()
        bodies.append(weakref.ref(body))
        raise ValueError

    async def do(_task):
        try:
            decode()
        except ValueError:
            raise errors.SiteFailed("too large") from None

    gc.disable()
    try:
        outcome = await execute(Scripted(do), TASK)
        assert [body() for body in bodies] == [None]
    finally:
        gc.enable()
    assert outcome.error.message == "too large"


async def test_a_fault_ends_the_task_and_tells_the_client_nothing_of_its_cause():
    outcome = await execute(failing(ZeroDivisionError("secret")), TASK)
    assert isinstance(outcome.error, errors.UnexpectedFailure)
    assert "secret" not in outcome.error.message
    assert TASK.id in outcome.error.message


async def test_a_task_that_took_its_workers_down_is_not_run_again():
    handler = Scripted()
    assert isinstance(await execute(handler, replace(TASK, crashes=MAX_CRASHES - 1)), Completed)
    outcome = await execute(handler, replace(TASK, crashes=MAX_CRASHES))
    assert isinstance(outcome.error, errors.RetryLimit)
    assert len(handler.begun) == 1


async def test_a_handler_that_cannot_even_abandon_still_ends_its_task():
    handler = failing(errors.TlsFailed("no trust"))

    async def abandon(_task, _error):
        raise ZeroDivisionError

    handler.abandon = abandon
    assert (await execute(handler, TASK)).error.message == "no trust"


async def test_an_outage_of_the_database_is_waited_out_and_fails_no_page():
    naps = Naps()
    handler = failing(errors.Unavailable("disk I/O error"), times=3)
    assert isinstance(await execute(handler, TASK, nap=naps), Completed)
    assert len(naps.taken) == 3
    assert handler.abandoned == []


async def test_an_outage_while_abandoning_is_waited_out_too():
    naps = Naps()
    handler = failing(errors.TlsFailed("no trust"))
    usual, away = handler.abandon, [errors.Unavailable("disk I/O error")]

    async def abandon(task, error):
        if away:
            raise away.pop()
        return await usual(task, error)

    handler.abandon = abandon
    assert (await execute(handler, TASK, nap=naps)).error.message == "no trust"
    assert len(handler.abandoned) == 1


async def test_an_outage_of_minutes_gives_the_task_back():
    """It is no fault of the page's, and nobody knows how long it lasts."""
    naps = Naps()
    outcome = await execute(failing(errors.Unavailable("Connection refused")), TASK, nap=naps)
    assert isinstance(outcome, GivenBack)
    assert sum(naps.taken) >= 60


async def test_what_is_unavailable_at_every_attempt_ends_the_task():
    """A single unreadable row must not hold a slot for ever."""
    tired = replace(TASK, attempt=10)
    malformed = failing(errors.Unavailable("database disk image is malformed"))
    outcome = await execute(malformed, tired, nap=Naps())
    assert isinstance(outcome.error, errors.UnexpectedFailure)


async def test_a_cancel_of_the_task_passes_through():
    handler = Scripted()
    handler.gate.clear()
    running = asyncio.create_task(execute(handler, TASK))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_cancel_that_leaks_out_of_a_library_is_a_fault_not_a_cancel():
    """Taken for a cancel of the job, it would leave the task running for ever."""
    outcome = await execute(failing(asyncio.CancelledError()), TASK)
    assert isinstance(outcome.error, errors.UnexpectedFailure)


@pytest.mark.parametrize("retained", [True, False])
async def test_only_a_task_without_retention_has_its_urls_withheld(retained):
    class Telling(Scripted):
        async def run(self, task):
            self.told = [for_log(task.payload), await asyncio.to_thread(for_log, task.payload)]
            return await super().run(task)

        async def abandon(self, task, error):
            self.told = [for_log(task.payload)]
            return await super().abandon(task, error)

    handler = Telling()
    shown = {TASK.payload} if retained else {WITHHELD}
    await execute(handler, replace(TASK, zero_retention=not retained))
    assert set(handler.told) == shown
    await execute(handler, replace(TASK, zero_retention=not retained, crashes=MAX_CRASHES))
    assert set(handler.told) == shown
    assert for_log(TASK.payload) == TASK.payload


async def test_a_handler_that_does_not_come_back_is_given_up():
    async def never(_):
        await asyncio.Event().wait()

    handler = Scripted(never)
    outcome = await execute(handler, TASK, limit_s=0.01)
    assert isinstance(outcome.error, errors.ScrapeTimeout)
    assert [error for _, error in handler.abandoned] == [outcome.error]


async def test_a_timeout_of_the_handlers_own_is_a_fault():
    outcome = await execute(failing(TimeoutError()), TASK, limit_s=60)
    assert isinstance(outcome.error, errors.UnexpectedFailure)


async def test_who_cancels_a_task_with_a_limit_cancels_it():
    async def never(_):
        await asyncio.Event().wait()

    running = asyncio.create_task(execute(Scripted(never), TASK, limit_s=60))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
