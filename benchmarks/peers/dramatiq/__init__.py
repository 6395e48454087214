"""A job that does nothing, by dramatiq."""
