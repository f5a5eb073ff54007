"""The tables of the work: jobs, their tasks and documents."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from webkiln.store.schema.columns import (
    AVAILABLE,
    CANCELLED,
    COMPLETED,
    FAILED,
    RUNNING,
    STAGING,
    count_column,
    id_column,
    metadata,
    partial_index,
)

jobs = Table(
    "jobs",
    metadata,
    id_column(primary_key=True),
    id_column("team_id"),
    id_column("key_id", nullable=True),
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
    id_column("parent_id", nullable=True),
    # The job whose tasks announce this one's events, and whether its end is announced too.
    id_column("outbox_id", nullable=True),
    Column("announce_end", Boolean, nullable=False, default=False),
    # Counters live here because counting 100,000 task rows costs a hundred times more.
    # submitted = completed + failed + cancelled + open at every moment; running is part of open.
    count_column("submitted"),
    count_column("open"),
    count_column("running"),
    count_column("completed"),
    count_column("failed"),
    count_column("cancelled"),
    count_column("documents"),
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
    # What each page that is to come may cost, where the job's key has a limit: reserved while it runs.
    count_column("page_price"),
    Column("swept", Boolean, nullable=False, default=False),
)

# In the order in which a priority of a kind is served; who is served goes to the end of it.
partial_index(
    "ix_jobs_runnable",
    jobs.c.kind,
    jobs.c.priority,
    jobs.c.runnable_at,
    where=(jobs.c.state == RUNNING) & (jobs.c.open > jobs.c.running) & (jobs.c.paused == false()),
)
Index("ix_jobs_team_created", jobs.c.team_id, jobs.c.created_at)
Index("ix_jobs_expires", jobs.c.expires_at)
partial_index("ix_jobs_running", jobs.c.team_id, where=jobs.c.state == RUNNING)
partial_index("ix_jobs_completed", jobs.c.team_id, jobs.c.finished_at, where=jobs.c.state == COMPLETED)
partial_index(
    "ix_jobs_reserving",
    jobs.c.key_id,
    where=(jobs.c.state == RUNNING) & (jobs.c.page_price > literal_column("0")),
)
partial_index("ix_jobs_staged", jobs.c.created_at, where=jobs.c.state == STAGING)
partial_index("ix_jobs_unswept", jobs.c.id, where=(jobs.c.state == CANCELLED) & (jobs.c.swept == false()))

# What a request asked for, shared by all tasks it made; an appended batch has several.
specs = Table(
    "specs",
    metadata,
    id_column(primary_key=True),
    id_column("job_id"),
    Column("body", LargeBinary, nullable=False),
    # While its tasks are stored in parts: since when, and how many there are. Nobody claims them yet.
    Column("staged_at", Double),
    Column("staged", Integer),
)
Index("ix_specs_job", specs.c.job_id)
partial_index("ix_specs_staged", specs.c.job_id, where=specs.c.staged_at.is_not(None))

tasks = Table(
    "tasks",
    metadata,
    id_column(primary_key=True),
    id_column("job_id"),
    id_column("spec_id"),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("run_at", Double, nullable=False),
    Column("payload", Text, nullable=False),
    # `attempt` counts claims and fences late finishers; `tries` counts attempts that came back
    # asking for another; `crashes` counts workers that died while this task had the processor.
    count_column("attempt"),
    count_column("tries"),
    count_column("crashes"),
    id_column("claimed_by", nullable=True),
    Column("finished_at", Double),
    Column("error", LargeBinary),
    # Whose turn it has to wait for; only named where hosts have limits, so that others pay for no index.
    Column("host", String(255)),
    # Links between the start of a crawl and this page.
    count_column("depth"),
    sqlite_with_rowid=False,
)
partial_index(
    "ix_tasks_available",
    tasks.c.job_id,
    tasks.c.priority,
    tasks.c.run_at,
    tasks.c.id,
    where=tasks.c.state == AVAILABLE,
)
partial_index("ix_tasks_claimed", tasks.c.claimed_by, where=tasks.c.state == RUNNING)
partial_index(
    # The state stands in it so that it is preferred to the index of all of a job's tasks.
    "ix_tasks_failed",
    tasks.c.job_id,
    tasks.c.state,
    tasks.c.id,
    where=tasks.c.state == FAILED,
)
Index("ix_tasks_job", tasks.c.job_id)
partial_index(
    # From host to host of a job without a look at what waits behind each.
    "ix_tasks_host_available",
    tasks.c.job_id,
    tasks.c.host,
    tasks.c.priority,
    tasks.c.run_at,
    tasks.c.id,
    where=(tasks.c.state == AVAILABLE) & tasks.c.host.is_not(None),
)
partial_index(
    "ix_tasks_host_running",
    tasks.c.host,
    where=(tasks.c.state == RUNNING) & tasks.c.host.is_not(None),
)

# What a crawl has met: one row for each page, whatever became of it. The key is a hash of 64 bits.
visited = Table(
    "visited",
    metadata,
    id_column("job_id", primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What the pages of a job are told apart by, where that was asked for: a row for each part of the 64 bits.
likenesses = Table(
    "likenesses",
    metadata,
    id_column("job_id", primary_key=True),
    Column("band", Integer, primary_key=True, autoincrement=False),
    id_column("task_id", primary_key=True),
    Column("bits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    id_column("job_id"),
    id_column("task_id"),
    # Place in the job's order of completion, dense from 0: pages are read by range, not by offset.
    Column("position", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("job_id", "position"),
    UniqueConstraint("task_id"),
)
