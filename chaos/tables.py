"""A look into the database itself, for what no answer of the API tells."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Collection

    from smallpg import PostgresServer

_LIMIT_S = 10.0


def ask(postgres: PostgresServer, question: str, *values: Any) -> list[dict[str, Any]]:
    """Return the rows that answer a query, not through the proxy."""

    async def asking() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(postgres.url, timeout=_LIMIT_S, command_timeout=_LIMIT_S)
        try:
            return [dict(row) for row in await connection.fetch(question, *values)]
        finally:
            await connection.close()

    return asyncio.run(asking())


def in_hand(postgres: PostgresServer) -> dict[str, dict[str, str]]:
    """Return what each host's workers hold: host to the ids of tasks, and the addresses of their pages."""
    rows = ask(
        postgres,
        "SELECT workers.host, tasks.id::text AS id, tasks.payload"
        " FROM tasks JOIN workers ON workers.id = tasks.claimed_by WHERE tasks.state = 'running'",
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["host"], {})[row["id"]] = row["payload"]
    return found


def holders(postgres: PostgresServer, tasks: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Return the state of some tasks, and which host holds each, None where nobody does."""
    rows = ask(
        postgres,
        "SELECT tasks.id::text AS id, tasks.state, workers.host"
        " FROM tasks LEFT JOIN workers ON workers.id = tasks.claimed_by WHERE tasks.id = ANY($1::uuid[])",
        list(tasks),
    )
    return {row["id"]: (row["state"], row["host"]) for row in rows}
