"""Jobs that wait for the same calendar end with one file.

The previous release's API finds no file of such a job, so it is replaced before the workers are; its workers
make a file for each, as they did.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"

_WAITS = sa.text("feed_id IS NULL AND state IN ('PENDING', 'RETRY')")
_SHARES = sa.text("result_of IS NOT NULL AND removed_at IS NULL")


def upgrade() -> None:
    # It may have come this far before: the column is committed before the first index is built.
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS result_of uuid")
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS result_attempt integer")
    # In no transaction, for that would lock the table: attempts that can't extend their leases lose them.
    with op.get_context().autocommit_block():
        # Such a build waits for everybody, and nobody for it.
        op.execute("SET lock_timeout = 0")
        _build("jobs_twins_idx", ["owner_id", "options"], _WAITS)
        _build("jobs_result_of_idx", ["result_of"], _SHARES)
        op.execute("SET lock_timeout = '5s'")


def _build(name: str, columns: list[str], where: sa.TextClause) -> None:
    # One whose build was interrupted is there, and of no use.
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.create_index(name, "jobs", columns, postgresql_where=where, postgresql_concurrently=True)


def downgrade() -> None:
    # The release before would look for their files under their own ids.
    op.execute("UPDATE jobs SET removed_at = now() WHERE result_of IS NOT NULL AND removed_at IS NULL")
    op.drop_index("jobs_result_of_idx", "jobs")
    op.drop_index("jobs_twins_idx", "jobs")
    op.drop_column("jobs", "result_attempt")
    op.drop_column("jobs", "result_of")
