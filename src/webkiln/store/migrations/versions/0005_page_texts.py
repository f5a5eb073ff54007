"""Texts of scraped pages, and how PostgreSQL reads their words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As for the other tables whose rows come and go with pages.
_BUSY = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000"
_BODIES = "toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 5000"
_POSTGRESQL = (
    "CREATE INDEX ix_page_texts_words ON page_texts USING gin (words)",
    # English word stems, as SQLite's index has them, but no stop words: "The Who" is worth a search.
    "CREATE TEXT SEARCH DICTIONARY webkiln_stem (TEMPLATE = snowball, Language = english)",
    "CREATE TEXT SEARCH CONFIGURATION webkiln (COPY = english)",
    "ALTER TEXT SEARCH CONFIGURATION webkiln ALTER MAPPING REPLACE english_stem WITH webkiln_stem",
    f"ALTER TABLE page_texts SET ({_BUSY}, {_BODIES})",
    # Compressing a text would cost several times as much as storing it.
    "ALTER TABLE page_texts ALTER COLUMN text SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "page_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("fetched_at", sa.Double(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("words", TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_texts")),
        sa.UniqueConstraint("key", "team_id", name=op.f("uq_page_texts_key_team_id")),
    )
    op.create_index("ix_page_texts_host", "page_texts", ["team_id", "host"], unique=False)
    op.create_index("ix_page_texts_size", "page_texts", ["size"], unique=False)
    waiting = sa.text("words IS NULL")
    op.create_index(
        "ix_page_texts_waiting",
        "page_texts",
        ["team_id", "id"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    """Undo the step."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TEXT SEARCH CONFIGURATION webkiln")
        op.execute("DROP TEXT SEARCH DICTIONARY webkiln_stem")
    else:
        op.execute("DROP TABLE IF EXISTS page_words")  # the index that a first search makes
    op.drop_table("page_texts")
