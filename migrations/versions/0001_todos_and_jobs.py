"""Todos, the jobs that make calendars of them, and the files that jobs make."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision, down_revision = "0001", None

_NOW = sa.text("now()")
_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_todos()
    _create_jobs()
    op.create_table(
        "result_chunks",
        sa.Column("job_id", sa.Uuid, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    # A part of a value that is stored out of line and not compressed can be read without the rest.
    op.execute("ALTER TABLE result_chunks ALTER COLUMN data SET STORAGE EXTERNAL")


def _create_todos() -> None:
    op.create_table(
        "todos",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("uid", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()")),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("completed_at", _instant),
        sa.Column("deadline_local", sa.DateTime(timezone=False)),
        sa.Column("deadline_at", _instant),
        sa.Column("sequence", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("updated_at", _instant, nullable=False, server_default=_NOW),
        sa.CheckConstraint("deadline_local IS NULL OR deadline_at IS NULL", name="one_deadline"),
        sa.CheckConstraint("completed = (completed_at IS NOT NULL)", name="completed_at"),
        sa.Index("todos_owner_id_idx", "owner_id", "id"),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default=sa.text("'PENDING'")),
        sa.Column("options", JSONB, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("run_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("ring_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("lease_until", _instant),
        sa.Column("created_at", _instant, nullable=False, server_default=_NOW),
        sa.Column("started_at", _instant),
        sa.Column("finished_at", _instant),
        sa.Column("error", sa.Text),
        sa.Column("todos", sa.Integer),
        sa.Column("skipped", sa.Integer),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("digest", sa.String(64)),
        sa.Column("removed_at", _instant),
        sa.CheckConstraint(
            "state IN ('PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED')", name="state"
        ),
        sa.CheckConstraint("(state = 'STARTED') = (lease_until IS NOT NULL)", name="lease"),
        sa.CheckConstraint(
            "(state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)", name="finished"
        ),
        sa.Index("jobs_owner_id_idx", "owner_id", "created_at"),
        sa.Index("jobs_ring_at_idx", "ring_at", postgresql_where=sa.text("state IN ('PENDING', 'RETRY')")),
        sa.Index("jobs_lease_until_idx", "lease_until", postgresql_where=sa.text("state = 'STARTED'")),
        sa.Index(
            "jobs_finished_at_idx",
            "finished_at",
            postgresql_where=sa.text("state = 'SUCCESS' AND removed_at IS NULL"),
        ),
    )


def downgrade() -> None:
    for table in ("result_chunks", "jobs", "todos"):
        op.drop_table(table)
