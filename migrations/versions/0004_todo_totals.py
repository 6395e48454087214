"""How many todos each owner has, without counting them.

Triggers keep the totals, so that they stay true whatever writes todos: the previous release, or a person.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

_COUNT = """
CREATE FUNCTION count_todos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO todo_totals AS total (owner_id, todos)
    SELECT owner_id, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
    FROM changed GROUP BY owner_id ORDER BY owner_id
    ON CONFLICT (owner_id) DO UPDATE SET todos = total.todos + excluded.todos;
    RETURN NULL;
END $$
"""

_FORGET = """
CREATE FUNCTION forget_todos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM todo_totals;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "todo_totals",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("todos", sa.BigInteger, nullable=False),
    )
    # Nothing may be written between the counting and the triggers.
    op.execute("LOCK TABLE todos IN SHARE ROW EXCLUSIVE MODE")
    op.execute("INSERT INTO todo_totals SELECT owner_id, count(*) FROM todos GROUP BY owner_id")
    op.execute(_COUNT)
    op.execute(_FORGET)
    for event, rows in (("insert", "NEW"), ("delete", "OLD")):
        op.execute(
            f"CREATE TRIGGER count_todos_on_{event} AFTER {event} ON todos"
            f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_todos()"
        )
    # A trigger on this event can't see the rows, and none is left to be counted.
    op.execute(
        "CREATE TRIGGER count_todos_on_truncate AFTER TRUNCATE ON todos"
        " FOR EACH STATEMENT EXECUTE FUNCTION forget_todos()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER count_todos_on_truncate ON todos")
    op.execute("DROP TRIGGER count_todos_on_insert ON todos")
    op.execute("DROP TRIGGER count_todos_on_delete ON todos")
    op.execute("DROP FUNCTION forget_todos()")
    op.execute("DROP FUNCTION count_todos()")
    op.drop_table("todo_totals")
