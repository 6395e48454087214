"""A job that does nothing, by procrastinate."""
