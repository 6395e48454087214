"""The tables, and the engine they are reached by."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime, String, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from benchmarks.peers.where import DATABASE_URL

engine = create_engine(DATABASE_URL, pool_size=20)
Session = sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """Of both."""


class Todo(Base):
    """What is to be done."""

    __tablename__ = "todos"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()))
    title: Mapped[str] = mapped_column(String(80))
    description: Mapped[str | None] = mapped_column(String(120))
    completed: Mapped[bool] = mapped_column(default=False)
    deadline_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )


class Job(Base):
    """A calendar that was asked for."""

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[str] = mapped_column(String(16), default="PENDING")
    file: Mapped[str | None] = mapped_column(deferred=True)


if __name__ == "__main__":
    Base.metadata.create_all(engine)
