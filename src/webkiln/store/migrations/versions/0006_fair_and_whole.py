"""Tasks stored in parts, credits reserved, jobs found by when they may run, profiles that expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPEN = "state = 'running' AND open > running"


def _index(name: str, table: str, columns: list[str], *, sqlite: str, postgresql: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=False,
        sqlite_where=sa.text(sqlite),
        postgresql_where=sa.text(postgresql),
    )


def upgrade() -> None:
    """Apply the step."""
    op.add_column("jobs", sa.Column("page_price", sa.Integer(), server_default="0", nullable=False))
    op.add_column("specs", sa.Column("staged_at", sa.Double(), nullable=True))
    op.add_column("specs", sa.Column("staged", sa.Integer(), nullable=True))
    op.drop_index("ix_jobs_runnable", "jobs")
    _index(
        "ix_jobs_runnable",
        "jobs",
        ["kind", "priority", "runnable_at"],
        sqlite=f"{_OPEN} AND paused = 0",
        postgresql=f"{_OPEN} AND paused = false",
    )
    reserving = "state = 'running' AND page_price > 0"
    _index("ix_jobs_reserving", "jobs", ["key_id"], sqlite=reserving, postgresql=reserving)
    staged = "staged_at IS NOT NULL"
    _index("ix_specs_staged", "specs", ["job_id"], sqlite=staged, postgresql=staged)
    op.create_index("ix_profiles_used", "profiles", ["used_at"], unique=False)


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("ix_profiles_used", "profiles")
    op.drop_index("ix_specs_staged", "specs")
    op.drop_index("ix_jobs_reserving", "jobs")
    op.drop_index("ix_jobs_runnable", "jobs")
    _index("ix_jobs_runnable", "jobs", ["priority", "served_at"], sqlite=_OPEN, postgresql=_OPEN)
    op.drop_column("specs", "staged")
    op.drop_column("specs", "staged_at")
    op.drop_column("jobs", "page_price")
