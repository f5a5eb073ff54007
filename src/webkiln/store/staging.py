"""Statements on tasks that are stored in parts: nobody sees one of them before all are there.

They hang on a spec that says so, and are released by a change of its one row, however many they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from webkiln import ids
from webkiln.store.among import among_chosen
from webkiln.store.schema import AVAILABLE, specs, tasks

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

_IS_STAGED = specs.c.staged_at.is_not(None)
_OF_JOB = select(specs.c.id).where(specs.c.job_id == bindparam("job"), _IS_STAGED)
RELEASED = tasks.c.spec_id.not_in(_OF_JOB)
"""Whether a task of the job that is bound as `job` may be seen."""


def begin(connection: Connection, job_id: str, body: bytes, now: float) -> str:
    """Insert the spec of tasks that will come in parts, each of them due at `now`; return its id."""
    spec_id = ids.new_id()
    connection.execute(
        insert(specs), {"id": spec_id, "job_id": job_id, "body": body, "staged_at": now, "staged": 0}
    )
    return spec_id


def count(connection: Connection, spec_id: str, more: int) -> bool:
    """Count a part in the transaction that inserts it; False when the spec is gone or was released."""
    counted = update(specs).where(specs.c.id == spec_id, _IS_STAGED).values(staged=specs.c.staged + more)
    return connection.execute(counted).rowcount == 1


def release(connection: Connection, spec_id: str, total: int) -> bool:
    """Let all be seen; False, having changed nothing, unless exactly `total` tasks are there.

    A database that crashed may have forgotten parts that did not wait for the disk.
    """
    released = (
        update(specs)
        .where(specs.c.id == spec_id, specs.c.staged == total, _IS_STAGED)
        .values(staged_at=None, staged=None)
    )
    return connection.execute(released).rowcount == 1


def _abandoned(before: float) -> Select[tuple[str, str, float]]:
    columns = (specs.c.id, specs.c.job_id, specs.c.staged_at)
    return select(*columns).where(_IS_STAGED, specs.c.staged_at < before).limit(1)


def needs_prune(connection: Connection, *, before: float) -> bool:
    """Return whether tasks are staged since before a moment: nobody will release them."""
    return connection.execute(_abandoned(before)).first() is not None


def prune(connection: Connection, *, before: float, limit: int) -> int:
    """Delete up to `limit` tasks that were abandoned, then their spec; answer how many rows."""
    found = connection.execute(_abandoned(before).with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return 0
    # By their place in the index of waiting tasks; the others of the job are not looked at.
    chunk = (
        select(tasks.c.id)
        .where(
            tasks.c.job_id == found.job_id,
            tasks.c.state == AVAILABLE,
            tasks.c.priority == 0,
            tasks.c.run_at == found.staged_at,
            tasks.c.spec_id == found.id,
        )
        .limit(limit)
    )
    gone = connection.execute(delete(tasks).where(among_chosen(tasks.c.id, chunk))).rowcount
    if gone < limit:
        gone += connection.execute(delete(specs).where(specs.c.id == found.id)).rowcount
    return gone
