"""What a child process is asked to do, what it answers, and how it can end without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answer = tuple[Mapping[str, Any], bytes]
    """What a job's function returns: whatever JSON can say, and bytes."""
    Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: `function`, as `module:name`, is called in a child with a `Work`.

    `options` are whatever JSON can say, `body` the bytes it is about. It has `limit_s` seconds, and may
    take `most_bytes` of memory. `holder` is the task it is done for. An `urgent` job goes before others.
    """

    function: str
    options: Mapping[str, Any]
    body: bytes
    limit_s: float
    most_bytes: int
    holder: str
    urgent: bool = False


@dataclass(slots=True)
class Work:
    """What the function of a job is given; it returns an `Answer`.

    `note` says what is done at the moment: it is told of when that turns out to take too long.
    """

    options: Mapping[str, Any]
    note: Note
    body: bytes = field(repr=False)

    def take_body(self) -> bytes:
        """Return the bytes and keep none: what they were is free again when the function lets go of them."""
        body, self.body = self.body, b""
        return body


class JobEnded(Exception):
    """A job ended without an answer, `at` what it said it was doing (empty when it said nothing)."""

    def __init__(self, at: str = "") -> None:
        """Keep what was being done."""
        super().__init__(at)
        self.at = at


class JobOverdue(JobEnded):
    """The job had not ended in its time; its process was killed."""


class JobOutOfMemory(JobEnded):
    """The job wanted more memory than it may have."""


class JobDied(JobEnded):
    """The process died under the job."""


class JobFailed(JobEnded):
    """The function raised what it should not; the log has the trace."""
