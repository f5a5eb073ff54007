"""Runs one task and always comes back with an outcome, whatever the handler does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.engine.outcome import Failed

if TYPE_CHECKING:
    from webkiln.engine.handlers import Handler
    from webkiln.engine.outcome import Outcome
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

MAX_CRASHES = 3


async def execute(handler: Handler, task: ClaimedTask) -> Outcome:
    """Return the handler's outcome, or how its failure ends the task.

    A task that had the processor in three workers that died is not run a fourth time.
    """
    if task.crashes >= MAX_CRASHES:
        return await _end(
            handler,
            task,
            errors.RetryLimit(f"The page took its worker down {task.crashes} times; it is not tried again."),
        )
    try:
        return await handler.run(task)
    except errors.WebkilnError as error:
        return await _end(handler, task, error)
    except Exception:
        # The last line of defence for any kind of work: the task ends, the worker lives on.
        log.exception("task failed unexpectedly", job=task.job_id, task=task.id, kind=task.kind)
        return await _end(
            handler,
            task,
            errors.UnexpectedFailure(
                f"An unexpected error occurred; the server's log has it under {task.id}."
            ),
        )


async def _end(handler: Handler, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
    try:
        return await handler.abandon(task, error)
    except Exception:
        log.exception("task could not be abandoned properly", job=task.job_id, task=task.id, kind=task.kind)
        return Failed(error)
