"""What a handler answers with: a value, from which the lifecycle alone changes state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from webkiln.errors import WebkilnError
    from webkiln.store.hosts import HostNews
    from webkiln.store.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Event:
    """One announcement for the outbox of a job, stored in the same transaction as its cause."""

    outbox_id: str
    payload: str


@dataclass(frozen=True, slots=True)
class NextTask:
    """A task that another one found; `key` says what it is: a job meets everything once.

    `depth` counts the links that lead to it; lower numbers of `priority` are taken first. With an
    `error` it is not run, only kept with that error.
    """

    payload: str
    key: int
    depth: int = 0
    priority: int = 0
    host: str | None = None
    error: WebkilnError | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a task adds to its job, in the same transaction as its end.

    The tasks share the spec of the one that found them, or `spec` if it is there. `identities` are what
    the task turned out to be, besides what it was made for: when the job has met one of them before, it
    ends without a document. `notes` are sentences for those who ask how the job stands.
    """

    tasks: tuple[NextTask, ...] = ()
    spec: bytes | None = None
    identities: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Completed:
    """The task is done; `document` is the JSON to keep, `credits` what it costs the team.

    `snapshot` is kept with it for later tasks to compare theirs with. `held` is let go of when the outcome
    is stored, or dropped.
    """

    document: bytes | None = None
    credits: int = 0
    events: tuple[Event, ...] = ()
    found: Found = NOTHING
    news: HostNews | None = None
    snapshot: Snapshot | None = None
    held: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The task ended with an error that is kept with it."""

    error: WebkilnError
    events: tuple[Event, ...] = ()
    found: Found = NOTHING
    news: HostNews | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The task wants another try at Unix time `until`; one that was not even begun has used no `tries`."""

    until: float
    tries: int = 1
    news: HostNews | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The worker stops before the task was done; another takes it at once."""


Outcome = Completed | Failed | Snoozed | GivenBack


def encode_error(error: WebkilnError) -> bytes:
    """Return the JSON under which a failed task keeps its error."""
    kept = {"status": error.status, "code": error.code, "error": encodable(error.message)}
    return orjson.dumps(kept)


def encodable(text: str) -> str:
    """Return the text with every half character (a lone surrogate, which UTF-8 has no bytes for) as "?"."""
    return text.encode("utf-8", "replace").decode()
