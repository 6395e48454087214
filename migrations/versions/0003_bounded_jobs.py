"""Jobs that only newer workers understand, keys of repeated requests, and counts that stay quick.

The previous release leaves the new columns at their defaults, and its queries find the indexes they used.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

_OPEN = sa.text("state IN ('PENDING', 'STARTED', 'RETRY')")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("version", sa.SmallInteger, nullable=False, server_default=sa.text("1")))
    op.add_column("jobs", sa.Column("idempotency_key", sa.Text))
    op.create_index(
        "jobs_idempotency_key_idx",
        "jobs",
        ["owner_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.drop_index("jobs_owner_id_idx", "jobs")
    op.create_index("jobs_owner_id_idx", "jobs", ["owner_id", "created_at", "id"])
    op.create_index("jobs_open_idx", "jobs", ["owner_id", "state"], postgresql_where=_OPEN)
    op.create_index(
        "jobs_ended_idx", "jobs", ["finished_at"], postgresql_where=sa.text("finished_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("jobs_ended_idx", "jobs")
    op.drop_index("jobs_open_idx", "jobs")
    op.drop_index("jobs_owner_id_idx", "jobs")
    op.create_index("jobs_owner_id_idx", "jobs", ["owner_id", "created_at"])
    op.drop_index("jobs_idempotency_key_idx", "jobs")
    op.drop_column("jobs", "idempotency_key")
    op.drop_column("jobs", "version")
