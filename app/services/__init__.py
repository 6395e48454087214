"""One transaction script for each use case; the only callers of storage from the API."""

from dataclasses import dataclass

from app.services.calendars import CalendarService
from app.services.feeds import FeedService
from app.services.health import HealthService
from app.services.todos import TodoService


@dataclass(frozen=True, slots=True)
class Services:
    """All that the API can ask for."""

    todos: TodoService
    calendars: CalendarService
    feeds: FeedService
    health: HealthService
