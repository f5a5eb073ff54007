"""The tables of what the web is like: stored pages, their words, what they were, its hosts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from webkiln.store.schema.columns import id_column, metadata, partial_index

pages = Table(
    "pages",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", LargeBinary(16), nullable=False),
    Column("fetched_at", Double, nullable=False),
    Column("status", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_pages_key", pages.c.key, pages.c.fetched_at)
# The sum of all sizes is read from this index alone, never from rows that carry bodies.
Index("ix_pages_size", pages.c.size)

# The words of pages that a team has scraped, for its own searches; the newest copy of each page.
page_texts = Table(
    "page_texts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    id_column("team_id"),
    Column("key", LargeBinary(16), nullable=False),
    Column("fetched_at", Double, nullable=False),
    Column("size", Integer, nullable=False),
    Column("host", String(255), nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    # NULL until a search has indexed the text. On SQLite, whose index stands elsewhere, nothing is in it.
    Column("words", TSVECTOR().with_variant(Text, "sqlite")),
    # The last, for it is long: SQLite reads past it to what follows.
    Column("text", Text),
    UniqueConstraint("key", "team_id"),
)
Index("ix_page_texts_host", page_texts.c.team_id, page_texts.c.host)
Index("ix_page_texts_size", page_texts.c.size)
partial_index(
    "ix_page_texts_waiting",
    page_texts.c.team_id,
    page_texts.c.id,
    where=page_texts.c.words.is_(None),
)
Index("ix_page_texts_words", page_texts.c.words, postgresql_using="gin").ddl_if(dialect="postgresql")

# What a page of a team was when it was last compared: one row for its URL and tag.
snapshots = Table(
    "snapshots",
    metadata,
    id_column("team_id", primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    # Which crawls met the page last: those of one start and tag have the same. NULL where none did.
    Column("crawl", LargeBinary(16)),
    Column("taken_at", Double, nullable=False),
    Column("status", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("url", Text, nullable=False),
    # Compressed; NULL where it is too large to be kept. The last, for it is long.
    Column("markdown", LargeBinary),
)
Index("ix_snapshots_taken", snapshots.c.taken_at)
Index("ix_snapshots_size", snapshots.c.size)
Index("ix_snapshots_crawl", snapshots.c.team_id, snapshots.c.crawl)

# The web's hosts while they have limits: who claims for one holds its row, so that two never both do.
hosts = Table(
    "hosts",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("next_at", Double, nullable=False),
    # Seconds between two requests: learned at `paced_at` from an answer that said "too many", and asked
    # for by robots.txt. After `slow_until` neither counts any more.
    Column("pace_s", Double, nullable=False, server_default="0"),
    Column("paced_at", Double, nullable=False, server_default="0"),
    Column("asked_s", Double, nullable=False, server_default="0"),
    Column("slow_until", Double, nullable=False, server_default="0"),
)
Index("ix_hosts_slow", hosts.c.slow_until)
Index("ix_hosts_next", hosts.c.next_at)
