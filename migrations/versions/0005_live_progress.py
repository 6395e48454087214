"""How far each attempt is, and a notice of every change that somebody may wait for.

The previous release leaves the progress at zero, and its changes are told of as well.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

_TELL = """
CREATE FUNCTION tell_of_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('taskoverflow_jobs', NEW.id::text);
    RETURN NULL;
END $$
"""

# Not when a job is stored: nobody can wait for it yet, and a commit that tells waits for others that do.
_TRIGGER = """
CREATE TRIGGER tell_of_job AFTER UPDATE ON jobs FOR EACH ROW
WHEN ((OLD.state, OLD.attempt, OLD.progress, OLD.run_at)
    IS DISTINCT FROM (NEW.state, NEW.attempt, NEW.progress, NEW.run_at))
EXECUTE FUNCTION tell_of_job()
"""


def upgrade() -> None:
    op.add_column("jobs", sa.Column("progress", sa.REAL, nullable=False, server_default=sa.text("0")))
    op.execute(_TELL)
    op.execute(_TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_of_job ON jobs")
    op.execute("DROP FUNCTION tell_of_job()")
    op.drop_column("jobs", "progress")
