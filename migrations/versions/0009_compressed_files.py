"""Files compressed as they are sent, and the place of those that are in S3.

Under the previous release's workers nothing changes: they store chunks as they are, and leave the sizes
empty, by which this release knows such files.

The previous release's API can't read what this release's workers store, and must not send it for what it is
not. To it the new chunks have no data, which it takes for those of a file that was removed while it read: it
cuts the download short, and the client knows that it has nothing. To see none of this, replace the API before
the workers; going back, the downgrade unpacks all files.

The same holds for files in S3, of which the previous release finds no chunks. Its sweeper takes them for
removed when their time is over, and leaves the objects to the bucket's lifecycle rule. The downgrade says of
them that they were removed.

Whoever stores a large file has its table in use for as long as that takes: then this fails after five
seconds, and can be repeated.
"""

import zlib

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"

_FILES = {"jobs": "result_chunks", "feed_files": "feed_chunks"}


def upgrade() -> None:
    op.add_column("jobs", sa.Column("object_url", sa.Text))
    for files, chunks in _FILES.items():
        op.add_column(files, sa.Column("packed_bytes", sa.BigInteger))
        op.add_column(chunks, sa.Column("packed", sa.LargeBinary))
        op.alter_column(chunks, "data", nullable=True)
        # It is compressed already.
        op.execute(f"ALTER TABLE {chunks} ALTER COLUMN packed SET STORAGE EXTERNAL")


def downgrade() -> None:
    # First, since it may take long: nothing else is to wait for it.
    for chunks in _FILES.values():
        _unpack(chunks)
    op.execute("UPDATE jobs SET removed_at = now() WHERE object_url IS NOT NULL AND removed_at IS NULL")
    op.drop_column("jobs", "object_url")
    for files, chunks in _FILES.items():
        op.alter_column(chunks, "data", nullable=False)
        op.drop_column(chunks, "packed")
        op.drop_column(files, "packed_bytes")


def _unpack(name: str) -> None:
    table = sa.table(name, *map(sa.column, ("ctid", "number", "data", "packed")))
    connection = op.get_bind()
    places = connection.execute(sa.select(table.c.ctid, table.c.number).where(table.c.packed.is_not(None)))
    for place, number in places.all():
        here = table.c.ctid == place
        packed = connection.execute(sa.select(table.c.packed).where(here)).scalar_one()
        # The first one begins with the head of a gzip file.
        data = zlib.decompressobj(-15 if number else 31).decompress(packed)
        connection.execute(sa.update(table).where(here).values(data=data))
