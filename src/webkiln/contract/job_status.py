"""How a job stands: the bodies that watching clients read (contract §3.2, §3.6)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from webkiln.contract.document import Document
from webkiln.contract.wire import Maybe, QueryModel, QueryNumber, Timestamp, WireModel

JobState: TypeAlias = Literal["scraping", "completed", "failed", "cancelled"]


class StatusQuery(QueryModel):
    """Which page of the documents: `skip` of them first, then `limit` at most (None: 100)."""

    skip: QueryNumber = 0
    limit: Maybe[Annotated[QueryNumber, Field(ge=1)]] = None


class JobStatus(WireModel):
    """200 of `GET /v2/batch/scrape/{id}`; `next` is absent when there is nothing more to ask for.

    `completed_at` comes with a terminal state only; `duration` is in seconds. `paused` is an
    addition of this server's.
    """

    success: Literal[True] = True
    status: JobState
    completed: int
    total: int
    credits_used: int
    expires_at: Timestamp
    next: Maybe[str] = None
    data: list[Document]
    created_at: Maybe[Timestamp] = None
    completed_at: Maybe[Timestamp] = None
    duration: Maybe[float] = None
    warning: Maybe[str] = None
    paused: Maybe[bool] = None


class JobPaused(WireModel):
    """200 of `POST …/{id}/pause` and `…/resume`, an addition of this server's."""

    success: Literal[True] = True
    status: Literal["scraping"] = "scraping"
    paused: bool


class PageError(WireModel):
    """One page that could not be scraped; `id` is its own, not the job's."""

    id: str
    timestamp: Maybe[Timestamp] = None
    url: str
    code: Maybe[str] = None
    error: str


class JobErrors(WireModel):
    """200 of `GET /v2/batch/scrape/{id}/errors`; one client needs the `success` (contract §3.6)."""

    success: Literal[True] = True
    errors: list[PageError]
    robots_blocked: list[str]
