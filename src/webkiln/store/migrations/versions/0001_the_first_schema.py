"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("shown_as", sa.String(length=32), nullable=False),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("task_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_documents_job_id_position")),
        sa.UniqueConstraint("task_id", name=op.f("uq_documents_task_id")),
    )
    op.create_table(
        "idempotency",
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_created", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("max_concurrency", sa.Integer(), nullable=True),
        sa.Column("fifo", sa.Boolean(), nullable=False),
        sa.Column("zero_retention", sa.Boolean(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("runnable_at", sa.Double(), nullable=False),
        sa.Column("served_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("parent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("outbox_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("announce_end", sa.Boolean(), nullable=False),
        sa.Column("submitted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open", sa.Integer(), server_default="0", nullable=False),
        sa.Column("running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("completed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("documents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("credits", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("swept", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_expires", "jobs", ["expires_at"], unique=False)
    op.create_index(
        "ix_jobs_runnable",
        "jobs",
        ["priority", "served_at"],
        unique=False,
        sqlite_where=sa.text("state = 'running' AND open > running"),
        postgresql_where=sa.text("state = 'running' AND open > running"),
    )
    op.create_index(
        "ix_jobs_running",
        "jobs",
        ["team_id"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_jobs_completed",
        "jobs",
        ["team_id", "finished_at"],
        unique=False,
        sqlite_where=sa.text("state = 'completed'"),
        postgresql_where=sa.text("state = 'completed'"),
    )
    op.create_index(
        "ix_jobs_staged",
        "jobs",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'staging'"),
        postgresql_where=sa.text("state = 'staging'"),
    )
    op.create_index("ix_jobs_team_created", "jobs", ["team_id", "created_at"], unique=False)
    op.create_index(
        "ix_jobs_unswept",
        "jobs",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'cancelled' AND swept = 0"),
        postgresql_where=sa.text("state = 'cancelled' AND swept = false"),
    )

    op.create_table(
        "leaders",
        sa.Column("duty", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("duty", name=op.f("pk_leaders")),
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("fetched_at", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_key", "pages", ["key", "fetched_at"], unique=False)
    op.create_index("ix_pages_size", "pages", ["size"], unique=False)

    op.create_table(
        "specs",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specs")),
    )
    op.create_index("ix_specs_job", "specs", ["job_id"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("spec_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_at", sa.Double(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tasks_available",
        "tasks",
        ["job_id", "priority", "run_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'available'"),
        postgresql_where=sa.text("state = 'available'"),
    )
    op.create_index(
        "ix_tasks_claimed",
        "tasks",
        ["claimed_by"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_tasks_failed",
        "tasks",
        ["job_id", "state", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index("ix_tasks_job", "tasks", ["job_id"], unique=False)

    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
    )
    op.create_table(
        "usage",
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "key_id", "month", name=op.f("pk_usage")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("workers")
    op.drop_table("usage")
    op.drop_table("teams")
    op.drop_index("ix_tasks_job", "tasks")
    op.drop_index(
        "ix_tasks_failed",
        "tasks",
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.drop_index(
        "ix_tasks_claimed",
        "tasks",
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.drop_index(
        "ix_tasks_available",
        "tasks",
        sqlite_where=sa.text("state = 'available'"),
        postgresql_where=sa.text("state = 'available'"),
    )

    op.drop_table("tasks")
    op.drop_index("ix_specs_job", "specs")

    op.drop_table("specs")
    op.drop_index("ix_pages_size", "pages")
    op.drop_index("ix_pages_key", "pages")

    op.drop_table("pages")
    op.drop_table("leaders")
    op.drop_index(
        "ix_jobs_unswept",
        "jobs",
        sqlite_where=sa.text("state = 'cancelled' AND swept = 0"),
        postgresql_where=sa.text("state = 'cancelled' AND swept = false"),
    )
    op.drop_index("ix_jobs_staged", "jobs", sqlite_where=sa.text("state = 'staging'"))
    op.drop_index("ix_jobs_completed", "jobs", sqlite_where=sa.text("state = 'completed'"))
    op.drop_index("ix_jobs_running", "jobs", sqlite_where=sa.text("state = 'running'"))
    op.drop_index("ix_jobs_team_created", "jobs")
    op.drop_index(
        "ix_jobs_runnable",
        "jobs",
        sqlite_where=sa.text("state = 'running' AND open > running"),
        postgresql_where=sa.text("state = 'running' AND open > running"),
    )
    op.drop_index("ix_jobs_expires", "jobs")

    op.drop_table("jobs")
    op.drop_index("ix_idempotency_created", "idempotency")
    op.drop_table("idempotency")
    op.drop_table("documents")
    op.drop_table("api_keys")
