"""Every table, once, for SQLite and PostgreSQL alike.

Times are Unix seconds (double). Ids are UUIDs. JSON that is only carried, never searched, is
kept as the bytes it travels in, so that answering needs no re-encoding.
"""

from __future__ import annotations

from webkiln.store.schema.columns import (
    AVAILABLE,
    CANCELLED,
    COMPLETED,
    FAILED,
    RUNNING,
    STAGING,
    metadata,
)
from webkiln.store.schema.processes import clock, leaders, workers
from webkiln.store.schema.teams import api_keys, idempotency, profiles, teams, usage
from webkiln.store.schema.web import hosts, page_texts, pages, snapshots
from webkiln.store.schema.work import documents, jobs, likenesses, specs, tasks, visited

__all__ = [
    "AVAILABLE",
    "CANCELLED",
    "COMPLETED",
    "FAILED",
    "RUNNING",
    "STAGING",
    "STEP",
    "api_keys",
    "clock",
    "documents",
    "hosts",
    "idempotency",
    "jobs",
    "leaders",
    "likenesses",
    "metadata",
    "page_texts",
    "pages",
    "profiles",
    "snapshots",
    "specs",
    "tasks",
    "teams",
    "usage",
    "visited",
    "workers",
]

STEP = "0008"
"""The migration step that these tables are the result of."""
