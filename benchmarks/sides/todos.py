"""The todos of all sides: the same ones, in each side's own columns."""

VALUES = """
    gen_random_uuid() AS uid,
    'Todo number ' || n AS title,
    'What there is to be done, in a sentence of the usual length.' AS description,
    false AS completed,
    timestamptz '2027-01-01T08:00:00Z' + n * interval '5 minutes' AS deadline_at,
    timestamptz '2026-11-01T08:00:00Z' + n * interval '1 second' AS created_at,
    timestamptz '2026-11-02T08:00:00Z' + n * interval '1 second' AS updated_at
"""
"""Of the todo with the number ``n``."""

NAMES = "uid, title, description, completed, deadline_at, created_at, updated_at"
