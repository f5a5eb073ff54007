"""Every table, once, for SQLite and PostgreSQL alike.

Times are Unix seconds (double). Ids are UUIDs. JSON that is only carried, never searched, is
kept as the bytes it travels in, so that answering needs no re-encoding.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    literal_column,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

STEP = "0005"
"""The migration step that these tables are the result of."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# States stand in the statements as constants, not as parameters: that is how the planner sees
# that a partial index fits.
AVAILABLE = literal_column("'available'", String)
RUNNING = literal_column("'running'", String)
COMPLETED = literal_column("'completed'", String)
FAILED = literal_column("'failed'", String)
CANCELLED = literal_column("'cancelled'", String)
STAGING = literal_column("'staging'", String)

metadata = MetaData(naming_convention=NAMING)


def _id(name: str = "id", *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, Uuid(as_uuid=False), primary_key=primary_key, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


teams = Table(
    "teams",
    metadata,
    _id(primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(primary_key=True),
    _id("team_id"),
    Column("name", String(200), nullable=False),
    # The key itself is never stored: its SHA-256 finds it, the first characters name it to people.
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("shown_as", String(32), nullable=False),
    Column("credit_limit", BigInteger),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
)

jobs = Table(
    "jobs",
    metadata,
    _id(primary_key=True),
    _id("team_id"),
    _id("key_id", nullable=True),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("max_concurrency", Integer),
    # A first-in-first-out job runs its tasks one at a time, in the order of their priorities.
    Column("fifo", Boolean, nullable=False, default=False),
    Column("zero_retention", Boolean, nullable=False, default=False),
    Column("target", Text),
    Column("created_at", Double, nullable=False),
    Column("runnable_at", Double, nullable=False),
    Column("served_at", Double, nullable=False, default=0.0),
    Column("finished_at", Double),
    Column("expires_at", Double, nullable=False),
    # An outbox belongs to a job and is kept as long as that is.
    _id("parent_id", nullable=True),
    # The job whose tasks announce this one's events, and whether its end is announced too.
    _id("outbox_id", nullable=True),
    Column("announce_end", Boolean, nullable=False, default=False),
    # Counters live here because counting 100,000 task rows costs a hundred times more.
    # submitted = completed + failed + cancelled + open at every moment; running is part of open.
    _count("submitted"),
    _count("open"),
    _count("running"),
    _count("completed"),
    _count("failed"),
    _count("cancelled"),
    _count("documents"),
    # What a crawl needs besides: the count of documents it ends with, the pause after each claim, and,
    # where pages further from the start wait for all nearer ones, the priority that is taken now.
    Column("page_limit", Integer),
    Column("delay_s", Double),
    Column("level", Integer),
    # Nothing of a paused job is claimed; what is in flight comes to its end.
    Column("paused", Boolean, nullable=False, default=False, server_default=false()),
    # Sentences for whoever asks how the job stands, a line each.
    Column("notes", Text),
    Column("credits", BigInteger, nullable=False, server_default="0"),
    Column("swept", Boolean, nullable=False, default=False),
)

Index(
    "ix_jobs_runnable",
    jobs.c.priority,
    jobs.c.served_at,
    sqlite_where=(jobs.c.state == RUNNING) & (jobs.c.open > jobs.c.running),
    postgresql_where=(jobs.c.state == RUNNING) & (jobs.c.open > jobs.c.running),
)
Index("ix_jobs_team_created", jobs.c.team_id, jobs.c.created_at)
Index("ix_jobs_expires", jobs.c.expires_at)
Index(
    "ix_jobs_running",
    jobs.c.team_id,
    sqlite_where=jobs.c.state == RUNNING,
    postgresql_where=jobs.c.state == RUNNING,
)
Index(
    "ix_jobs_completed",
    jobs.c.team_id,
    jobs.c.finished_at,
    sqlite_where=jobs.c.state == COMPLETED,
    postgresql_where=jobs.c.state == COMPLETED,
)
Index(
    "ix_jobs_staged",
    jobs.c.created_at,
    sqlite_where=jobs.c.state == STAGING,
    postgresql_where=jobs.c.state == STAGING,
)
Index(
    "ix_jobs_unswept",
    jobs.c.id,
    sqlite_where=(jobs.c.state == CANCELLED) & (jobs.c.swept == false()),
    postgresql_where=(jobs.c.state == CANCELLED) & (jobs.c.swept == false()),
)

# What a request asked for, shared by all tasks it made; an appended batch has several.
specs = Table(
    "specs",
    metadata,
    _id(primary_key=True),
    _id("job_id"),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_specs_job", specs.c.job_id)

tasks = Table(
    "tasks",
    metadata,
    _id(primary_key=True),
    _id("job_id"),
    _id("spec_id"),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("run_at", Double, nullable=False),
    Column("payload", Text, nullable=False),
    # `attempt` counts claims and fences late finishers; `tries` counts attempts that came back
    # asking for another; `crashes` counts workers that died while this task had the processor.
    _count("attempt"),
    _count("tries"),
    _count("crashes"),
    _id("claimed_by", nullable=True),
    Column("finished_at", Double),
    Column("error", LargeBinary),
    # Whose turn it has to wait for; only named where hosts have limits, so that others pay for no index.
    Column("host", String(255)),
    # Links between the start of a crawl and this page.
    _count("depth"),
    sqlite_with_rowid=False,
)
Index(
    "ix_tasks_available",
    tasks.c.job_id,
    tasks.c.priority,
    tasks.c.run_at,
    tasks.c.id,
    sqlite_where=tasks.c.state == AVAILABLE,
    postgresql_where=tasks.c.state == AVAILABLE,
)
Index(
    "ix_tasks_claimed",
    tasks.c.claimed_by,
    sqlite_where=tasks.c.state == RUNNING,
    postgresql_where=tasks.c.state == RUNNING,
)
Index(
    # The state stands in it so that it is preferred to the index of all of a job's tasks.
    "ix_tasks_failed",
    tasks.c.job_id,
    tasks.c.state,
    tasks.c.id,
    sqlite_where=tasks.c.state == FAILED,
    postgresql_where=tasks.c.state == FAILED,
)
Index("ix_tasks_job", tasks.c.job_id)
Index(
    # From host to host of a job without a look at what waits behind each.
    "ix_tasks_host_available",
    tasks.c.job_id,
    tasks.c.host,
    tasks.c.priority,
    tasks.c.run_at,
    tasks.c.id,
    sqlite_where=(tasks.c.state == AVAILABLE) & tasks.c.host.is_not(None),
    postgresql_where=(tasks.c.state == AVAILABLE) & tasks.c.host.is_not(None),
)
Index(
    "ix_tasks_host_running",
    tasks.c.host,
    sqlite_where=(tasks.c.state == RUNNING) & tasks.c.host.is_not(None),
    postgresql_where=(tasks.c.state == RUNNING) & tasks.c.host.is_not(None),
)

# What a crawl has met: one row for each page, whatever became of it. The key is a hash of 64 bits.
visited = Table(
    "visited",
    metadata,
    _id("job_id", primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _id("job_id"),
    _id("task_id"),
    # Place in the job's order of completion, dense from 0: pages are read by range, not by offset.
    Column("position", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("job_id", "position"),
    UniqueConstraint("task_id"),
)

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
    _id("team_id"),
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
Index(
    "ix_page_texts_waiting",
    page_texts.c.team_id,
    page_texts.c.id,
    sqlite_where=page_texts.c.words.is_(None),
    postgresql_where=page_texts.c.words.is_(None),
)
Index("ix_page_texts_words", page_texts.c.words, postgresql_using="gin").ddl_if(dialect="postgresql")

usage = Table(
    "usage",
    metadata,
    _id("team_id", primary_key=True),
    _id("key_id", primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("credits", BigInteger, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    _id("team_id", primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    _id("job_id"),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)
Index("ix_idempotency_created", idempotency.c.created_at)

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

workers = Table(
    "workers",
    metadata,
    _id(primary_key=True),
    Column("host", String(255), nullable=False),
    # Name of the place on its host that a supervisor keeps filled; a successor knows it is alone there.
    Column("slot", String(64), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("lease_until", Double, nullable=False),
)

leaders = Table(
    "leaders",
    metadata,
    Column("duty", String(64), primary_key=True),
    _id("holder"),
    Column("lease_until", Double, nullable=False),
)

# What a browser remembers under a name of the team's: cookies and storages, as its driver writes them.
profiles = Table(
    "profiles",
    metadata,
    _id("team_id", primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("state", LargeBinary, nullable=True),
    Column("used_at", Double, nullable=False),
    # The task that may write, and until when it is believed to live.
    _id("held_by", nullable=True),
    Column("held_until", Double, nullable=False),
)

# One row: what is added to the database's own clock, so that time goes on when that one is set.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("ahead_s", Double, nullable=False),
)
