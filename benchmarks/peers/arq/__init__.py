"""A job that does nothing, by arq."""
