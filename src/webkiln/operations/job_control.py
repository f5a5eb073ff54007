"""What batches and crawls have in common once they are started: they begin, pause and are cancelled."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from webkiln import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.operations.caller import Caller


class StartedJob(Protocol):
    """A job whose start is answered; one that is not `fresh` was started by an earlier request."""

    @property
    def id(self) -> str:
        """The job's id."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether this request made it."""
        ...


class JobControl:
    """The jobs of one noun, as their team may hold and end them."""

    def __init__(
        self, lifecycle: Lifecycle, *, kinds: Sequence[str], noun: str, start_grace_s: float
    ) -> None:
        """Control jobs of `kinds`, called `noun` in errors.

        Pages are held back until `start_grace_s` after the start answer: a cancel sent at once finds them.
        """
        self._lifecycle = lifecycle
        self._kinds = kinds
        self._noun = noun
        self._start_grace_s = start_grace_s

    async def answered(self, started: StartedJob) -> None:
        """Let the pages begin: the start answer has left."""
        if started.fresh:
            with contextlib.suppress(errors.Unavailable):  # they begin a little later by themselves
                await self._lifecycle.answered(started.id, self._start_grace_s)

    async def cancel(self, caller: Caller, job_id: str) -> None:
        """Cancel a job; on return nothing of it is claimed or stored any more.

        Cancelling a cancelled one is fine. Raises NotFound for anything that is no such job of this
        team, Conflict when it is completed (contract §3.5, §7.2).
        """
        state = await self._lifecycle.cancel(job_id, team_id=caller.team_id, kinds=self._kinds)
        if state is None:
            raise errors.NotFound(f"{self._noun} job not found.")
        if state != "cancelled":
            raise errors.Conflict(f"{self._noun} is already completed")

    async def pause(self, caller: Caller, job_id: str, *, paused: bool) -> None:
        """Hold a job's waiting pages back, or let them go on; those in flight come to their end.

        Raises NotFound as `cancel` does, and Conflict when it has ended.
        """
        state = await self._lifecycle.pause(job_id, team_id=caller.team_id, kinds=self._kinds, paused=paused)
        if state is None:
            raise errors.NotFound(f"{self._noun} job not found.")
        if state != "running":
            raise errors.Conflict(f"{self._noun} is already {state}")
