"""The processes that make calendars."""
