"""The tables of teams: keys, what they used and asked, what their browsers remember."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, LargeBinary, String, Table

from webkiln.store.schema.columns import id_column, metadata

teams = Table(
    "teams",
    metadata,
    id_column(primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(primary_key=True),
    id_column("team_id"),
    Column("name", String(200), nullable=False),
    # The key itself is never stored: its SHA-256 finds it, the first characters name it to people.
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("shown_as", String(32), nullable=False),
    Column("credit_limit", BigInteger),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
)

usage = Table(
    "usage",
    metadata,
    id_column("team_id", primary_key=True),
    id_column("key_id", primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("credits", BigInteger, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    id_column("team_id", primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    id_column("job_id"),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)
Index("ix_idempotency_created", idempotency.c.created_at)

# What a browser remembers under a name of the team's: cookies and storages, as its driver writes them.
profiles = Table(
    "profiles",
    metadata,
    id_column("team_id", primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("state", LargeBinary, nullable=True),
    Column("used_at", Double, nullable=False),
    # The task that may write, and until when it is believed to live.
    id_column("held_by", nullable=True),
    Column("held_until", Double, nullable=False),
)
Index("ix_profiles_used", profiles.c.used_at)
