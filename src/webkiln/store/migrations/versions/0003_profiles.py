"""Profiles of browsers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "profiles",
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("used_at", sa.Double(), nullable=False),
        sa.Column("held_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("held_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "name", name=op.f("pk_profiles")),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("profiles")
