"""Likenesses of the pages of a job: which of them repeat another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "likenesses",
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("band", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "band", "task_id", name=op.f("pk_likenesses")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("likenesses")
