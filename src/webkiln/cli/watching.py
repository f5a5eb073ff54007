"""Seeing a job through: its documents, how it goes on, what Ctrl-C is to mean, how it ended."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from webkiln.cli.client import ApiError, Client, ClientError, Failures, Job, StatusPage
from webkiln.cli.follow import follow
from webkiln.cli.interrupt import ask, interrupts
from webkiln.cli.output import ADVICE, CANCELLED, DONE, FAILED, INTERRUPTED, Sink, note, was_refused
from webkiln.cli.progress import clock_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from webkiln.cli.progress import JobProgress

    Sleep: TypeAlias = Callable[[float], Awaitable[Any]]

FEW = 5  # failed pages that are named at the end
COUNT_EVERY_S = 5.0
COUNT_SHARE = 20  # the list of failures may be long: asking for it takes a twentieth of the time at most


async def see_through(
    client: Client,
    job: Job,
    sink: Sink | None,
    progress: JobProgress,
    *,
    own: bool,
    unanswered: str = "leave",
    beforehand: int = 0,
) -> int:
    """Follow a started job, hand out what it gives, tell how it ended, and return the exit code.

    `own` says that its server ends with this command. `unanswered` is what Ctrl-C means with nobody to
    ask, `beforehand` how many pages had failed before the start.
    """
    began = time.monotonic()
    try:
        if sink is not None:
            sink.begin()
        last = await _watch(client, job, sink, progress, own=own, unanswered=unanswered)
        if last is None:
            return INTERRUPTED
        failures = await _failures(client, job)
        if sink is not None:
            sink.failed(failures.errors)
    except (ClientError, OSError):
        if not own:
            note(f"{job.name} may still be running; `webkiln cancel {job.id}` ends it.")
        raise
    progress.failed = len(failures.pages)
    _summarise(last, progress, failures, time.monotonic() - began)
    if own and any(was_refused(error.get("code"), error.get("error")) for error in failures.pages):
        note(ADVICE)
    if sink is not None:
        note(f"Results: {sink.where}")
    else:
        note(f"Results stay on the server until {last.body.get('expiresAt', 'they expire')};")
        note(f"`webkiln status {job.id} -o {job.kind.place}` fetches them.")
    return exit_code(last, failed=len(failures.pages) + beforehand)


def exit_code(last: StatusPage, *, failed: int) -> int:
    """Return what the end of a job means for whoever called the command."""
    if last.status == "cancelled":
        return CANCELLED
    return DONE if last.status == "completed" and not failed else FAILED


async def _watch(
    client: Client, job: Job, sink: Sink | None, progress: JobProgress, *, own: bool, unanswered: str
) -> StatusPage | None:
    """Follow the job; at Ctrl-C do as the reader says, and at once end when it is cancelled already.

    None when it was left to itself.
    """
    with interrupts() as interrupted, progress:
        following = asyncio.create_task(follow(client, job, sink, progress.seen))
        counting = asyncio.create_task(count_failures(client, job, progress))
        cancelling: asyncio.Task[None] | None = None
        try:
            while not await _ends(following, interrupted):
                interrupted.clear()
                if cancelling is not None:
                    return None
                progress.pause()
                wish = await _wish(job, interrupted, own=own, unanswered=unanswered)
                if wish == "leave":
                    note(f"{job.name} goes on; `webkiln follow {job.id}` watches it again,")
                    note(f"`webkiln cancel {job.id}` ends it.")
                    return None
                interrupted.clear()
                if wish == "cancel":
                    cancelling = asyncio.create_task(_cancel(client, job))
                    if not await _ends(cancelling, interrupted):
                        if not own:
                            note(f"No answer yet; `webkiln status {job.id}` tells whether it was cancelled.")
                        return None
                    await cancelling
                progress.resume()
            return await following
        finally:
            tasks = [task for task in (following, counting, cancelling) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _ends(task: asyncio.Task[Any], interrupted: asyncio.Event) -> bool:
    """Wait for a task or for Ctrl-C; return whether the task has ended."""
    again = asyncio.create_task(interrupted.wait())
    await asyncio.wait([task, again], return_when=asyncio.FIRST_COMPLETED)
    again.cancel()
    return task.done()


async def count_failures(
    client: Client, job: Job, progress: JobProgress, sleep: Sleep = asyncio.sleep
) -> None:
    """Keep the number of failed pages up to date, where the status does not tell it.

    When the server cannot say, the number stays as it is; the end brings it.
    """
    if not progress.counts_failures:
        return
    pause = COUNT_EVERY_S
    while True:
        await sleep(pause)
        began = time.monotonic()
        with suppress(ClientError):
            progress.failed = len((await client.failures(job)).pages)
        pause = max(COUNT_EVERY_S, COUNT_SHARE * (time.monotonic() - began))


async def _wish(job: Job, interrupted: asyncio.Event, *, own: bool, unanswered: str) -> str:
    """Ask what Ctrl-C is to mean: cancel, leave or go on.

    With nobody to ask, or at a second Ctrl-C, it means `unanswered`; a job of our own process would
    end with it anyway and is cancelled.
    """
    choices = "[c]ancel it or [g]o on" if own else "[c]ancel it, [l]eave it running or [g]o on"
    answer = await ask(f"{job.name} is running: {choices}? ", interrupted)
    if answer is None:
        return "cancel" if own else unanswered
    if answer.startswith("c"):
        return "cancel"
    return "leave" if answer.startswith("l") and not own else "go on"


async def _cancel(client: Client, job: Job) -> None:
    """Cancel; a job that was faster than its reader stays completed (contract §3.5)."""
    try:
        await client.cancel(job)
    except ApiError as error:
        note(f"Not cancelled: {error}")
    else:
        note("Cancelled. Pages that were done by then are kept.")


async def _failures(client: Client, job: Job) -> Failures:
    """Return the failed pages; older servers have no such list."""
    try:
        return await client.failures(job)
    except ApiError:
        return Failures()


def _summarise(last: StatusPage, progress: JobProgress, failures: Failures, seconds: float) -> None:
    """Tell how it ended."""
    note(f"{last.status}: {progress.result}, {progress.failed} failed, in {clock_time(seconds)}")
    _few([f"{error.get('url')}: {error.get('error')}" for error in failures.pages])
    if failures.outside:
        note(f"Left out, for they lead out of the crawl: {len(failures.outside)}")
        _few([str(error.get("url")) for error in failures.outside])
    if failures.forbidden:
        note(f"Left out, for robots.txt forbids them: {len(failures.forbidden)}")
        _few(failures.forbidden)
    if last.body.get("warning"):
        note(f"Warning: {last.body['warning']}")


def _few(lines: list[str]) -> None:
    """Tell the first of a list that may be long."""
    for line in lines[:FEW]:
        note(f"  {line}")
    if len(lines) > FEW:
        note(f"  … and {len(lines) - FEW} more")
