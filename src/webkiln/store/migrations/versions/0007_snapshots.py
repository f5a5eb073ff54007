"""Snapshots of pages: what a later scrape is compared with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "snapshots",
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("crawl", sa.LargeBinary(length=16), nullable=True),
        sa.Column("taken_at", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("markdown", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("team_id", "key", name=op.f("pk_snapshots")),
    )
    op.create_index("ix_snapshots_taken", "snapshots", ["taken_at"], unique=False)
    op.create_index("ix_snapshots_size", "snapshots", ["size"], unique=False)
    op.create_index("ix_snapshots_crawl", "snapshots", ["team_id", "crawl"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # It is compressed already.
        op.execute("ALTER TABLE snapshots ALTER COLUMN markdown SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("snapshots")
