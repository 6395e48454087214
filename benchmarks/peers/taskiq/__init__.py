"""A job that does nothing, by taskiq."""
