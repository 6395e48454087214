"""Each todo's lines in a calendar with the usual options, beside the todo.

A trigger writes them, so that they are right whatever writes the todo: the previous release, or a person. The
rows that are there keep NULL until somebody changes them, and workers write such lines themselves; nothing is
rewritten here. The previous release does not know of the column.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"

# As workers/rendering/text.py has it.
_LINE = r"""
CREATE FUNCTION content_line(property text, value text) RETURNS text
LANGUAGE plpgsql STRICT IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    line text := property || ':' || value;
    rest bytea;
    folded bytea := '';
    size integer;
BEGIN
    IF value COLLATE "C" ~ '[\\;,\u0001-\u0008\u000a-\u001f\u007f-\u009f]' THEN
        value := regexp_replace(value COLLATE "C", '[\u0001-\u0008\u000b-\u001f\u007f-\u009f]', '', 'g');
        value := replace(replace(value, '\', '\\'), E'\n', '\n');
        line := property || ':' || replace(replace(value, ';', '\;'), ',', '\,');
    END IF;
    IF octet_length(line) < 75 THEN
        RETURN line || E'\r\n';
    END IF;
    rest := convert_to(line, 'UTF8');
    WHILE octet_length(rest) > 74 LOOP
        size := 74;
        WHILE get_byte(rest, size) & 192 = 128 LOOP
            size := size - 1;
        END LOOP;
        IF get_byte(rest, size - 1) IN (ascii('\'), ascii('^')) THEN
            size := size - 1;
        END IF;
        folded := folded || substr(rest, 1, size) || '\x0d0a20';
        rest := substr(rest, size + 1);
    END LOOP;
    RETURN convert_from(folded || rest, 'UTF8') || E'\r\n';
END $$
"""

# As workers/rendering/components.py has it. What it can't write it leaves to workers: years that have more or
# less than four digits, and texts that are longer than any client may send, which would double a large row.
_STORE = r"""
CREATE FUNCTION store_vevent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    created timestamp := timezone('UTC', NEW.created_at);
    updated timestamp := timezone('UTC', NEW.updated_at);
    instant timestamp := timezone('UTC', NEW.deadline_at);
    digits CONSTANT text := 'YYYYMMDD"T"HH24MISS';
    changed text;
BEGIN
    NEW.vevent := NULL;
    IF NEW.deadline_local IS NULL AND NEW.deadline_at IS NULL THEN
        NEW.vevent := '';
    ELSIF octet_length(concat(NEW.title, NEW.description)) <= 800
        AND least(created, updated, instant, NEW.deadline_local) >= '0001-01-01'
        AND greatest(created, updated, instant, NEW.deadline_local) < '10000-01-01'
    THEN
        changed := to_char(updated, digits);
        NEW.vevent := convert_to(concat(
            E'BEGIN:VEVENT\r\n',
            content_line('SUMMARY', NEW.title),
            'DTSTART:', to_char(NEW.deadline_local, digits), to_char(instant, digits || 'Z'),
            E'\r\nDTSTAMP:', changed,
            E'Z\r\nUID:', NEW.uid,
            E'\r\nSEQUENCE:', NEW.sequence,
            E'\r\nCREATED:', to_char(created, digits),
            E'Z\r\n', content_line('DESCRIPTION', nullif(NEW.description, '')),
            'LAST-MODIFIED:', changed,
            E'Z\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n'
        ), 'UTF8');
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("todos", sa.Column("vevent", sa.LargeBinary))
    op.execute(_LINE)
    op.execute(_STORE)
    op.execute(
        "CREATE TRIGGER store_vevent BEFORE INSERT OR UPDATE ON todos"
        " FOR EACH ROW EXECUTE FUNCTION store_vevent()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER store_vevent ON todos")
    op.execute("DROP FUNCTION store_vevent()")
    op.execute("DROP FUNCTION content_line(text, text)")
    op.drop_column("todos", "vevent")
