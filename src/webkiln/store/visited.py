"""Statements on what crawls have met: each page of a job once, and the tasks made of those that are new.

The caller holds the job's row, so nobody else adds to the same job meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import delete, select, text

from webkiln import ids
from webkiln.store.bulk import insert_rows
from webkiln.store.schema import tasks, visited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be made in the middle of a job; with an `error` it is one that has failed already."""

    payload: str
    priority: int
    depth: int
    host: str | None
    error: bytes | None


# One statement for any number of keys: the values travel as one array, or as one text of JSON.
_NOTE_ARRAY = text(
    "INSERT INTO visited (job_id, key) SELECT CAST(:job AS uuid), key"
    " FROM unnest(CAST(:keys AS bigint[])) AS met (key) ON CONFLICT DO NOTHING RETURNING key"
)
_NOTE_JSON = text(
    "INSERT INTO visited (job_id, key) SELECT :job, value FROM json_each(:keys) WHERE true"
    " ON CONFLICT DO NOTHING RETURNING key"
)


def note(connection: Connection, job_id: str, keys: Sequence[int]) -> set[int]:
    """Note what a job has met; return those of `keys` that it had not met before."""
    if not keys:
        return set()
    ordered = sorted(set(keys))  # neighbours in the index lie on one page
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_NOTE_ARRAY, {"job": job_id, "keys": ordered})
    else:
        rows = connection.execute(
            _NOTE_JSON, {"job": job_id.replace("-", ""), "keys": orjson.dumps(ordered).decode()}
        )
    return set(rows.scalars())


def insert_found(
    connection: Connection, job_id: str, spec_id: str, found: Sequence[NewTask], *, now: float
) -> None:
    """Insert tasks that a running job found; its counters stay as they are."""
    insert_rows(
        connection,
        tasks,
        (
            "id",
            "job_id",
            "spec_id",
            "state",
            "priority",
            "run_at",
            "payload",
            "finished_at",
            "error",
            "host",
            "depth",
        ),
        [
            (
                task_id,
                job_id,
                spec_id,
                "available" if task.error is None else "failed",
                task.priority,
                now,
                task.payload,
                None if task.error is None else now,
                task.error,
                task.host,
                task.depth,
            )
            for task_id, task in zip(ids.new_ids(len(found)), found, strict=True)
        ],
    )


def forget(connection: Connection, job_ids: Sequence[str], *, limit: int) -> int:
    """Delete up to `limit` notes of jobs that are about to go; answer how many."""
    gone = 0
    for job_id in job_ids:
        if gone >= limit:
            break
        chunk = select(visited.c.key).where(visited.c.job_id == job_id).limit(limit - gone)
        statement = delete(visited).where(visited.c.job_id == job_id, visited.c.key.in_(chunk))
        gone += connection.execute(statement).rowcount
    return gone
