"""Runs one task and always comes back with an outcome, whatever the handler does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.engine.outcome import Failed, GivenBack
from webkiln.telemetry.redaction import withholding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from webkiln.engine.handlers import Handler
    from webkiln.engine.outcome import Outcome
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

MAX_CRASHES = 3
_OUTAGE_S = 1.0
_MOST_OUTAGES = 60
_MOST_ATTEMPTS = 10
_TO_ABANDON_S = 60.0


async def execute(
    handler: Handler,
    task: ClaimedTask,
    *,
    limit_s: float | None = None,
    nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Outcome:
    """Return the handler's outcome, or how its failure ends the task.

    A handler that has not come back after `limit_s` is cancelled, and the task ends: its own limits have
    failed. A task that had the processor in three workers that died is not run a fourth time. A database
    that does not answer is no fault of the task's: it is waited for, a minute at most, with `nap`, and
    then the task is given back, unless it was so at every attempt. The log learns no URL of a task
    without retention.
    """
    with withholding(when=task.zero_retention):
        return await _insist(handler, task, limit_s, nap)


async def _insist(
    handler: Handler,
    task: ClaimedTask,
    limit_s: float | None,
    nap: Callable[[float], Awaitable[None]],
) -> Outcome:
    for _ in range(_MOST_OUTAGES):
        try:
            return await _attempt(handler, task, limit_s)
        except errors.Unavailable as error:
            log.warning("task waits for the database", job=task.job_id, task=task.id, error=error.message)
            await nap(_OUTAGE_S)
    if task.attempt < _MOST_ATTEMPTS:
        return GivenBack()
    return Failed(errors.UnexpectedFailure("The database did not answer while the page was worked on."))


async def _attempt(handler: Handler, task: ClaimedTask, limit_s: float | None) -> Outcome:
    if task.crashes >= MAX_CRASHES:
        text = f"The page took its worker down {task.crashes} times; it is not tried again."
        return await _end(handler, task, errors.RetryLimit(text))
    patience = asyncio.timeout(limit_s)
    try:
        async with patience:
            return await handler.run(task)
    except errors.Unavailable:
        raise
    except errors.WebkilnError as error:
        return await _end(handler, task, error)
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
        log.exception("task was cancelled by nobody", job=task.job_id, task=task.id, kind=task.kind)
    except Exception as error:
        # The last line of defence for any kind of work: the task ends, the worker lives on.
        if isinstance(error, TimeoutError) and patience.expired():
            log.error("task took too long", job=task.job_id, task=task.id, kind=task.kind, seconds=limit_s)  # noqa: TRY400
            text = f"The task was given up after {limit_s:.0f} s."
            return await _end(handler, task, errors.ScrapeTimeout(text))
        log.exception("task failed unexpectedly", job=task.job_id, task=task.id, kind=task.kind)
    text = f"An unexpected error occurred; the server's log has it under {task.id}."
    return await _end(handler, task, errors.UnexpectedFailure(text))


def _is_cancelled() -> bool:
    """Return whether somebody cancelled this asyncio task, or a library let its own cancelling slip out."""
    current = asyncio.current_task()
    return current is None or current.cancelling() > 0


async def _end(handler: Handler, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
    # An outcome lives until it is stored; with what led to its error it would keep a page's body that long.
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        async with asyncio.timeout(_TO_ABANDON_S):
            return await handler.abandon(task, error)
    except errors.Unavailable:
        raise
    except Exception:
        log.exception("task could not be abandoned properly", job=task.job_id, task=task.id, kind=task.kind)
        return Failed(error)
