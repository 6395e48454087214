"""Jobs that only newer workers understand, keys of repeated requests, and counts that stay quick.

The previous release leaves the new columns at their defaults, and its queries find the indexes they used.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

_OPEN = sa.text("state IN ('PENDING', 'STARTED', 'RETRY')")


def upgrade() -> None:
    # It may have come this far before: the columns are committed before the first index is built.
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS version smallint NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS idempotency_key text")
    # In no transaction, for that would lock the table: attempts that can't extend their leases lose them.
    with op.get_context().autocommit_block():
        # Such a build waits for everybody, and nobody for it.
        op.execute("SET lock_timeout = 0")
        _build_indexes()
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS jobs_owner_id_idx")
        op.execute("SET lock_timeout = '5s'")


def _build_indexes() -> None:
    _build(
        "jobs_idempotency_key_idx",
        ["owner_id", "idempotency_key"],
        unique=True,
        where=sa.text("idempotency_key IS NOT NULL"),
    )
    _build("jobs_of_owner_idx", ["owner_id", "created_at", "id"])
    _build("jobs_of_state_idx", ["owner_id", "state", "created_at", "id"])
    _build("jobs_open_idx", ["owner_id", "state"], where=_OPEN)
    _build("jobs_ended_idx", ["finished_at"], where=sa.text("finished_at IS NOT NULL"))


def _build(
    name: str, columns: list[str], *, unique: bool = False, where: sa.TextClause | None = None
) -> None:
    # One whose build was interrupted is there, and of no use.
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.create_index(
        name, "jobs", columns, unique=unique, postgresql_where=where, postgresql_concurrently=True
    )


def downgrade() -> None:
    op.create_index("jobs_owner_id_idx", "jobs", ["owner_id", "created_at"])
    op.drop_index("jobs_ended_idx", "jobs")
    op.drop_index("jobs_open_idx", "jobs")
    op.drop_index("jobs_of_state_idx", "jobs")
    op.drop_index("jobs_of_owner_idx", "jobs")
    op.drop_index("jobs_idempotency_key_idx", "jobs")
    op.drop_column("jobs", "idempotency_key")
    op.drop_column("jobs", "version")
