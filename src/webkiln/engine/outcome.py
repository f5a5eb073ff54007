"""What a handler answers with: a value, from which the lifecycle alone changes state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from webkiln.errors import WebkilnError


@dataclass(frozen=True, slots=True)
class Event:
    """One announcement for the outbox of a job, stored in the same transaction as its cause."""

    outbox_id: str
    payload: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The task is done; `document` is the JSON to keep, `credits` what it costs the team."""

    document: bytes | None = None
    credits: int = 0
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The task ended with an error that is kept with it."""

    error: WebkilnError
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The task wants another try at Unix time `until`."""

    until: float


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
