"""What keeps an operator from the database, in one line."""

from sqlalchemy.exc import DBAPIError

from app.storage.database import is_unreachable

UNREACHABLE = "Postgres can't be reached"

_NOT_MIGRATED = {"42P01", "42703"}
"""No such table, no such column."""

_REFUSED = {"28000", "28P01", "3D000", "42501"}
"""No such user, a wrong password, no such database, no right to it."""


def database_flaw(error: Exception) -> str | None:
    """The line for whoever operates the service; None for what is an error of the program."""
    cause = _cause(error)
    reason = " ".join(str(cause).split()) or type(cause).__name__
    state = getattr(cause, "sqlstate", None)
    if state in _REFUSED:
        return f"TASKOVERFLOW_DATABASE_URL: Postgres refuses: {reason}"
    if is_unreachable(error):
        return f"TASKOVERFLOW_DATABASE_URL: {UNREACHABLE}: {reason}"
    if state in _NOT_MIGRATED:
        return "The database is not migrated, or not far enough: run `taskoverflow migrate upgrade`"
    return None


def _cause(error: BaseException) -> BaseException:
    """What the driver raised, without the words that SQLAlchemy puts around it."""
    driver = error.orig if isinstance(error, DBAPIError) else None
    return error if driver is None else driver.__cause__ or driver
