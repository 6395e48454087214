"""The tables, as SQLAlchemy sees them; ``migrations`` makes them."""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)

IS_OPEN = text("state IN ('PENDING', 'STARTED', 'RETRY')")
"""Jobs that have not ended; without parameters, for which Postgres would not use the index of these alone."""

IS_WAITING = text("state IN ('PENDING', 'RETRY')")
"""Jobs that may be claimed; the same."""

IS_OPEN_RENDER = text("feed_id IS NOT NULL AND state IN ('PENDING', 'STARTED', 'RETRY')")
"""Jobs that have not ended, of those that render a feed."""

IS_TWIN = text("feed_id IS NULL AND state IN ('PENDING', 'RETRY')")
"""Jobs that wait, and may end with the file of another one."""

_NOW = text("now()")
_instant = DateTime(timezone=True)

todos = Table(
    "todos",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("uid", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("completed", Boolean, nullable=False),
    Column("completed_at", _instant),
    # Two columns keep a local time and a moment from ever being mixed up; the constraint allows one of them.
    Column("deadline_local", DateTime(timezone=False)),
    Column("deadline_at", _instant),
    Column("sequence", Integer, nullable=False, server_default=text("0")),
    Column("created_at", _instant, nullable=False, server_default=_NOW),
    Column("updated_at", _instant, nullable=False, server_default=_NOW),
    # Its lines in a calendar with the usual options, kept by a trigger. Empty where it has no deadline; NULL
    # where they have to be written when they are wanted, as of rows that are older than this column.
    Column("vevent", LargeBinary),
    CheckConstraint("deadline_local IS NULL OR deadline_at IS NULL", name="one_deadline"),
    CheckConstraint("completed = (completed_at IS NOT NULL)", name="completed_at"),
    Index("todos_owner_id_idx", "owner_id", "id"),
)

todo_totals = Table(
    "todo_totals",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    # Kept by triggers on the table of todos.
    Column("todos", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("state", String(16), nullable=False, server_default=text("'PENDING'")),
    Column("options", JSONB, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    # Not before this moment may the job be claimed: the backoff of a retry.
    Column("run_at", _instant, nullable=False, server_default=_NOW),
    # From this moment on the sweeper sends the job's message again, while the job waits.
    Column("ring_at", _instant, nullable=False, server_default=_NOW),
    Column("lease_until", _instant),
    Column("created_at", _instant, nullable=False, server_default=_NOW),
    Column("started_at", _instant),
    Column("finished_at", _instant),
    Column("error", Text),
    Column("todos", Integer),
    Column("skipped", Integer),
    Column("bytes", BigInteger),
    Column("digest", String(64)),
    Column("removed_at", _instant),
    # What a worker must know to make the job; one that knows less leaves it to others.
    Column("version", SmallInteger, nullable=False, server_default=text("1")),
    Column("idempotency_key", Text),
    # How much of it the latest attempt has done, from 0 to 1, as of its last heartbeat.
    Column("progress", REAL, nullable=False, server_default=text("0")),
    # The feed that it renders; without a foreign key, since a job ends and goes whether or not that is there.
    Column("feed_id", Uuid),
    # The request that asked for it, and the span that its attempts go on from.
    Column("request_id", String(128)),
    Column("traceparent", String(55)),
    # How large the file is compressed; NULL of one that was stored as it is.
    Column("packed_bytes", BigInteger),
    # Where the file is in S3; NULL of one that is in Postgres.
    Column("object_url", Text),
    # The job and its attempt whose file it ended with, where it made none; without a foreign key, for either
    # may go first.
    Column("result_of", Uuid),
    Column("result_attempt", Integer),
    CheckConstraint(
        "state IN ('PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED')", name="state"
    ),
    CheckConstraint("(state = 'STARTED') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint(
        "(state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)", name="finished"
    ),
    Index("jobs_of_owner_idx", "owner_id", "created_at", "id"),
    Index("jobs_of_state_idx", "owner_id", "state", "created_at", "id"),
    Index(
        "jobs_idempotency_key_idx",
        "owner_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    Index(
        "jobs_open_idx",
        "owner_id",
        "state",
        postgresql_where=IS_OPEN,
    ),
    # Each covers only what the sweeper looks for, so its cost follows the work to do and not the table.
    Index("jobs_ring_at_idx", "ring_at", postgresql_where=text("state IN ('PENDING', 'RETRY')")),
    Index("jobs_lease_until_idx", "lease_until", postgresql_where=text("state = 'STARTED'")),
    Index(
        "jobs_finished_at_idx",
        "finished_at",
        postgresql_where=text("state = 'SUCCESS' AND removed_at IS NULL"),
    ),
    Index("jobs_ended_idx", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    # Those that wait for the same calendar.
    Index(
        "jobs_twins_idx",
        "owner_id",
        "options",
        postgresql_where=IS_TWIN,
    ),
    Index(
        "jobs_result_of_idx",
        "result_of",
        postgresql_where=text("result_of IS NOT NULL AND removed_at IS NULL"),
    ),
    # Two renders of one feed are never under way at once.
    Index(
        "jobs_open_of_feed_idx",
        "feed_id",
        unique=True,
        postgresql_where=IS_OPEN_RENDER,
    ),
    Index(
        "jobs_ended_of_feed_idx",
        "finished_at",
        postgresql_where=text("feed_id IS NOT NULL AND finished_at IS NOT NULL"),
    ),
)

ORIGIN = (jobs.c.request_id, jobs.c.traceparent)
"""Where a job comes from."""

result_chunks = Table(
    "result_chunks",
    metadata,
    Column("job_id", Uuid, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    # Every attempt writes under its own number, so one that was thought dead touches nobody else's bytes.
    Column("attempt", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    # One of the two: as an earlier release stored it, or compressed.
    Column("data", LargeBinary),
    Column("packed", LargeBinary),
)

job_events = Table(
    "job_events",
    metadata,
    # The key is the order in which a timeline is read, so that each event costs one index entry.
    Column("job_id", Uuid, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # Not now(): the transaction that ends a job began with the first bytes of its file.
    Column("at", _instant, nullable=False, server_default=text("statement_timestamp()")),
    Column("attempt", Integer, nullable=False),
    # Without a constraint: a worker of the next release may know of more kinds than this one.
    Column("kind", String(16), nullable=False),
    Column("detail", Text),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("options", JSONB, nullable=False),
    # SHA-256 of the secret in its URL, which nobody can read from here.
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", _instant, nullable=False, server_default=_NOW),
    Column("rotated_at", _instant),
    # Its URL is dead from then on; the sweeper removes the rest.
    Column("revoked_at", _instant),
    Column("fetched_at", _instant),
    # When its latest render was asked for.
    Column("asked_at", _instant, nullable=False, server_default=_NOW),
    # When the next render is; NULL while nothing has changed, infinity where nobody would read it.
    Column("due_at", _instant),
    Column("rendered_at", _instant),
    Index("feeds_of_owner_idx", "owner_id", "created_at", "id", postgresql_where=text("revoked_at IS NULL")),
    Index("feeds_due_at_idx", "due_at", postgresql_where=text("revoked_at IS NULL")),
    Index("feeds_revoked_at_idx", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
)

feed_files = Table(
    "feed_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("feed_id", Uuid, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    # When the bytes last differed from those before: Last-Modified, which never goes back.
    Column("changed_at", _instant, nullable=False),
    # Another has taken its place; whoever reads it may go on for a while.
    Column("superseded_at", _instant),
    Column("packed_bytes", BigInteger),
    Index("feed_files_latest_idx", "feed_id", unique=True, postgresql_where=text("superseded_at IS NULL")),
    Index("feed_files_of_feed_idx", "feed_id"),
    Index(
        "feed_files_superseded_at_idx",
        "superseded_at",
        postgresql_where=text("superseded_at IS NOT NULL"),
    ),
)

feed_chunks = Table(
    "feed_chunks",
    metadata,
    # The file's row comes last, when its size and its digest are known.
    Column(
        "file_id",
        Uuid,
        ForeignKey("feed_files.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    ),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary),
    Column("packed", LargeBinary),
)

todo_changes = Table(
    "todo_changes",
    metadata,
    # Kept by triggers on the table of todos: a row for each statement that changed those of an owner with
    # feeds. Rows, and not one number that goes up: nobody waits for another's change to note their own.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Index("todo_changes_owner_id_idx", "owner_id"),
)

todo_tombstones = Table(
    "todo_tombstones",
    metadata,
    # Kept by triggers as well: what feeds must still say of todos that were deleted.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("uid", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("completed", Boolean, nullable=False),
    Column("deadline_local", DateTime(timezone=False)),
    Column("deadline_at", _instant),
    Column("sequence", Integer, nullable=False),
    Column("created_at", _instant, nullable=False),
    Column("deleted_at", _instant, nullable=False, server_default=_NOW),
    Index("todo_tombstones_owner_id_idx", "owner_id", "deleted_at"),
    Index("todo_tombstones_deleted_at_idx", "deleted_at"),
)
