"""Calendars to subscribe to: feeds, their files, and what became of the todos since.

Triggers note what changes, so that it is noted whatever writes todos: the previous release, or a person. They
write only where an owner has a feed. The previous release leaves the new column of jobs empty, and its
workers leave jobs of feeds to newer ones.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision, down_revision = "0006", "0005"

_NOW = sa.text("now()")
_OPEN = sa.text("feed_id IS NOT NULL AND state IN ('PENDING', 'STARTED', 'RETRY')")
_ENDED = sa.text("feed_id IS NOT NULL AND finished_at IS NOT NULL")
_instant = sa.DateTime(timezone=True)

# The owners first: a statement may change a million todos, most likely of one owner. Feeds are asked for in
# a form that the planner can't turn into a join: its plan is kept, and whatever the first statement of the
# session was like, an index is to answer all others.
_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    followed uuid[] := ARRAY(
        SELECT owner_id FROM (SELECT DISTINCT owner_id FROM {rows} AS changed) AS owners
        WHERE (SELECT true FROM feeds WHERE owner_id = owners.owner_id AND revoked_at IS NULL LIMIT 1)
    );
BEGIN
    IF followed = '{{}}' THEN
        RETURN NULL;
    END IF;
    INSERT INTO todo_changes (owner_id) SELECT unnest(followed);
    {and_then}
    RETURN NULL;
END $$
"""

_BURY = """
    INSERT INTO todo_tombstones
        (owner_id, uid, title, completed, deadline_local, deadline_at, sequence, created_at)
    SELECT owner_id, uid, title, completed, deadline_local, deadline_at, sequence, created_at
    FROM {rows} AS gone WHERE owner_id = ANY (followed);
"""

_ROWS = {
    "note_new_todos": "after",
    # A statement that leaves the rows as they were is no change.
    "note_changed_todos": "(TABLE after EXCEPT TABLE before)",
    "note_deleted_todos": "before",
    "note_truncated_todos": "todos",
}

_BURIES = {"note_deleted_todos", "note_truncated_todos"}

_TRIGGERS = {
    "note_new_todos": "AFTER INSERT ON todos REFERENCING NEW TABLE AS after",
    "note_changed_todos": "AFTER UPDATE ON todos REFERENCING OLD TABLE AS before NEW TABLE AS after",
    "note_deleted_todos": "AFTER DELETE ON todos REFERENCING OLD TABLE AS before",
    # A trigger on this event can't be given the rows, but before it they are still there.
    "note_truncated_todos": "BEFORE TRUNCATE ON todos",
}


def upgrade() -> None:
    # It may have come this far before: the column is committed before the first index is built.
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS feed_id uuid")
    # In no transaction, for that would lock the table: attempts that can't extend their leases lose them.
    with op.get_context().autocommit_block():
        # Such a build waits for everybody, and nobody for it.
        op.execute("SET lock_timeout = 0")
        _build("jobs_open_of_feed_idx", "feed_id", unique=True, where=_OPEN)
        _build("jobs_ended_of_feed_idx", "finished_at", unique=False, where=_ENDED)
        op.execute("SET lock_timeout = '5s'")
    _create_feeds()
    _create_files()
    _create_notes()
    for name, rows in _ROWS.items():
        bury = _BURY.format(rows=rows) if name in _BURIES else ""
        op.execute(_FUNCTION.format(name=name, rows=rows, and_then=bury))
        op.execute(f"CREATE TRIGGER {name} {_TRIGGERS[name]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")


def _build(name: str, column: str, *, unique: bool, where: sa.TextClause) -> None:
    # One whose build was interrupted is there, and of no use.
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.create_index(
        name, "jobs", [column], unique=unique, postgresql_where=where, postgresql_concurrently=True
    )


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("options", JSONB, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("rotated_at", _instant),
        sa.Column("revoked_at", _instant),
        sa.Column("fetched_at", _instant),
        sa.Column("asked_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("due_at", _instant),
        sa.Column("rendered_at", _instant),
        sa.Index(
            "feeds_of_owner_idx",
            "owner_id",
            "created_at",
            "id",
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
        sa.Index("feeds_due_at_idx", "due_at", postgresql_where=sa.text("revoked_at IS NULL")),
        sa.Index("feeds_revoked_at_idx", "revoked_at", postgresql_where=sa.text("revoked_at IS NOT NULL")),
    )


def _create_files() -> None:
    op.create_table(
        "feed_files",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("feed_id", sa.Uuid, sa.ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("changed_at", _instant, nullable=False),
        sa.Column("superseded_at", _instant),
        sa.Index(
            "feed_files_latest_idx",
            "feed_id",
            unique=True,
            postgresql_where=sa.text("superseded_at IS NULL"),
        ),
        sa.Index("feed_files_of_feed_idx", "feed_id"),
        sa.Index(
            "feed_files_superseded_at_idx",
            "superseded_at",
            postgresql_where=sa.text("superseded_at IS NOT NULL"),
        ),
    )
    op.create_table(
        "feed_chunks",
        # The file's row comes last, when its size and its digest are known.
        sa.Column(
            "file_id",
            sa.Uuid,
            sa.ForeignKey("feed_files.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    # A part of a value that is stored out of line and not compressed can be read without the rest.
    op.execute("ALTER TABLE feed_chunks ALTER COLUMN data SET STORAGE EXTERNAL")


def _create_notes() -> None:
    op.create_table(
        "todo_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Index("todo_changes_owner_id_idx", "owner_id"),
    )
    op.create_table(
        "todo_tombstones",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("deadline_local", sa.DateTime(timezone=False)),
        sa.Column("deadline_at", _instant),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("deleted_at", _instant, nullable=False, server_default=_NOW),
        sa.Index("todo_tombstones_owner_id_idx", "owner_id", "deleted_at"),
        sa.Index("todo_tombstones_deleted_at_idx", "deleted_at"),
    )


def downgrade() -> None:
    for name in _ROWS:
        op.execute(f"DROP TRIGGER {name} ON todos")
        op.execute(f"DROP FUNCTION {name}()")
    for table in ("todo_tombstones", "todo_changes", "feed_chunks", "feed_files", "feeds"):
        op.drop_table(table)
    # To the previous release they would be calendars that somebody asked for, and that nobody may make; and
    # copies that its command line has made of them are such calendars.
    op.execute(
        "DELETE FROM jobs WHERE feed_id IS NOT NULL"
        " OR version > 1 AND state IN ('PENDING', 'STARTED', 'RETRY')"
    )
    op.drop_index("jobs_ended_of_feed_idx", "jobs")
    op.drop_index("jobs_open_of_feed_idx", "jobs")
    op.drop_column("jobs", "feed_id")
