"""Todos from files, on their way to the public API."""
