"""Crawls: what they have met, where they end, and how fast a host may be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PACE = ("pace_s", "paced_at", "asked_s", "slow_until")


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "visited",
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "key", name=op.f("pk_visited")),
        sqlite_with_rowid=False,
    )
    op.add_column("jobs", sa.Column("page_limit", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("delay_s", sa.Double(), nullable=True))
    op.add_column("jobs", sa.Column("level", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("jobs", sa.Column("notes", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("depth", sa.Integer(), server_default="0", nullable=False))
    for name in _PACE:
        op.add_column("hosts", sa.Column(name, sa.Double(), server_default="0", nullable=False))
    op.create_index("ix_hosts_slow", "hosts", ["slow_until"], unique=False)


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("ix_hosts_slow", "hosts")
    for name in _PACE:
        op.drop_column("hosts", name)
    op.drop_column("tasks", "depth")
    for column in ("notes", "paused", "level", "delay_s", "page_limit"):
        op.drop_column("jobs", column)
    op.drop_table("visited")
