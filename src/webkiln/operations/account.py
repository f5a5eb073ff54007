"""What a team used, has queued and has lately done (contract §15)."""

from __future__ import annotations

import base64
import calendar
import time
from typing import TYPE_CHECKING, Any

from webkiln.contract.issues import bad_request, issue
from webkiln.ids import parse_id
from webkiln.operations.job_status import timestamp
from webkiln.operations.kinds import BATCH_SCRAPE, CRAWL, MAP, SCRAPE, SEARCH, endpoint_of, kinds_of
from webkiln.store import job_lists, jobs, leases, teams

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webkiln.contract.account import ActivityQuery
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.operations.caller import Caller

UNLIMITED = 1_000_000_000  # what a client reads as a number where nothing limits it
TOKENS_PER_CREDIT = 15
_ACTIVITY_S = 86_400.0
_PAGE_KINDS = kinds_of(SCRAPE, BATCH_SCRAPE, CRAWL, SEARCH)
_ENDPOINTS = (*_PAGE_KINDS, MAP)


class Account:
    """Figures of a team."""

    def __init__(self, lifecycle: Lifecycle, *, max_concurrency: int, worker_concurrency: int) -> None:
        """Report `max_concurrency`, or where it is 0 what all living workers can do together."""
        self._lifecycle = lifecycle
        self._max_concurrency = max_concurrency
        self._worker_concurrency = worker_concurrency

    async def credits_left(self, caller: Caller) -> dict[str, Any]:
        """Return the team's credits of this month."""
        now = self._lifecycle.now()
        month = time.strftime("%Y-%m", time.gmtime(now))

        def work(connection: Connection) -> tuple[int, int]:
            limit = teams.credit_limit(connection, caller.team_id)
            return (UNLIMITED if limit is None else limit), teams.used(connection, caller.team_id, month)

        plan, used = await self._lifecycle.database.read(work)
        start, end = month_bounds(month)
        left = plan if plan == UNLIMITED else max(plan - used, 0)
        return {
            "remainingCredits": left,
            "planCredits": plan,
            "billingPeriodStart": start,
            "billingPeriodEnd": end,
        }

    async def tokens_left(self, caller: Caller) -> dict[str, Any]:
        """Return the same in tokens, 15 of which are one credit."""
        figures = await self.credits_left(caller)
        return {
            "remainingTokens": figures["remainingCredits"] * TOKENS_PER_CREDIT,
            "planTokens": figures["planCredits"] * TOKENS_PER_CREDIT,
            "billingPeriodStart": figures["billingPeriodStart"],
            "billingPeriodEnd": figures["billingPeriodEnd"],
        }

    async def history(self, caller: Caller, *, by_key: bool) -> list[tuple[str, str, str | None, int]]:
        """Return (start, end, key name, credits) of each month, the newest first."""
        rows = await self._lifecycle.database.read(
            lambda connection: teams.history(connection, caller.team_id, by_key=by_key)
        )
        return [(*month_bounds(month), name, used) for month, name, used in rows]

    async def queue(self, caller: Caller) -> dict[str, Any]:
        """Return how many pages wait and run."""
        opened, running, latest = await self._lifecycle.database.read(
            lambda connection: job_lists.queue_counts(connection, caller.team_id, _PAGE_KINDS)
        )
        return {
            "jobsInQueue": opened,
            "activeJobsInQueue": running,
            "waitingJobsInQueue": opened - running,
            "maxConcurrency": await self._limit(),
            "mostRecentSuccess": None if latest is None else timestamp(latest),
        }

    async def concurrency(self, caller: Caller) -> dict[str, int]:
        """Return how many pages run, and how many could."""
        queue = await self.queue(caller)
        return {"concurrency": queue["activeJobsInQueue"], "maxConcurrency": queue["maxConcurrency"]}

    async def activity(self, caller: Caller, query: ActivityQuery) -> dict[str, Any]:
        """Return the requests of the last 24 hours, the newest first."""
        before = None if query.cursor is None else _read_cursor(query.cursor)
        kinds = _ENDPOINTS if query.endpoint is None else kinds_of(query.endpoint)
        since = self._lifecycle.now() - _ACTIVITY_S
        rows = await self._lifecycle.database.read(
            lambda connection: job_lists.recent(
                connection, caller.team_id, kinds, since=since, before=before, limit=query.limit + 1
            )
        )
        page = rows[: query.limit]
        more = len(rows) > len(page)
        return {
            "data": [
                {
                    "id": job.id,
                    "endpoint": endpoint_of(job.kind),
                    "api_version": "v2",
                    "created_at": timestamp(job.created_at),
                    "target": job.target,
                }
                for job in page
            ],
            "cursor": _write_cursor(page[-1]) if more else None,
            "has_more": more,
        }

    async def _limit(self) -> int:
        if self._max_concurrency:
            return self._max_concurrency
        now = self._lifecycle.now()
        alive = await self._lifecycle.database.read(lambda connection: leases.count_alive(connection, now))
        return alive * self._worker_concurrency


def month_bounds(month: str) -> tuple[str, str]:
    """Return the first moment of a month (YYYY-MM) and of the next, as timestamps."""
    year, number = int(month[:4]), int(month[5:])
    following = (year + number // 12, number % 12 + 1)
    return (
        timestamp(calendar.timegm((year, number, 1, 0, 0, 0))),
        timestamp(calendar.timegm((*following, 1, 0, 0, 0))),
    )


def _write_cursor(job: jobs.Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at!r} {job.id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[float, str]:
    try:
        moment, job_id = base64.urlsafe_b64decode(cursor).decode("ascii").split(" ")
        parsed = parse_id(job_id)
        if parsed is not None:
            return float(moment), parsed
    except ValueError:
        pass
    raise bad_request([issue("custom", ["cursor"], "The cursor is not one that a page before named")])
