"""Limits for hosts, a clock of its own, and what keeps PostgreSQL's tables tidy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A batch turns over as many task rows as it has pages, and a job's row at every store: with the
# usual fifth of a table as the threshold, dead rows would pile up by the hundred thousand.
_BUSY = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000"
_BODIES = "toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 5000"
_TIDY = (
    f"ALTER TABLE tasks SET ({_BUSY}, autovacuum_analyze_scale_factor = 0.05, fillfactor = 80)",
    f"ALTER TABLE documents SET ({_BUSY}, {_BODIES})",
    f"ALTER TABLE pages SET ({_BUSY}, {_BODIES})",
    *(
        f"ALTER TABLE {table} SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_threshold = 500)"
        for table in ("jobs", "workers", "leaders", "usage", "hosts")
    ),
    # Bodies of pages travel compressed; to compress them again costs more than the rest of the store.
    "ALTER TABLE pages ALTER COLUMN body SET STORAGE EXTERNAL",
    "ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    """Apply the step."""
    op.add_column("tasks", sa.Column("host", sa.String(length=255), nullable=True))
    waiting = sa.text("state = 'available' AND host IS NOT NULL")
    op.create_index(
        "ix_tasks_host_available",
        "tasks",
        ["job_id", "host", "priority", "run_at", "id"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    in_flight = sa.text("state = 'running' AND host IS NOT NULL")
    op.create_index(
        "ix_tasks_host_running",
        "tasks",
        ["host"],
        unique=False,
        sqlite_where=in_flight,
        postgresql_where=in_flight,
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_index("ix_hosts_next", "hosts", ["next_at"], unique=False)
    clock = op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ahead_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.bulk_insert(clock, [{"id": 1, "ahead_s": 0.0}])
    if op.get_bind().dialect.name == "postgresql":
        for statement in _TIDY:
            op.execute(statement)


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("clock")
    op.drop_index("ix_hosts_next", "hosts")
    op.drop_table("hosts")
    op.drop_index("ix_tasks_host_running", "tasks")
    op.drop_index("ix_tasks_host_available", "tasks")
    op.drop_column("tasks", "host")
