"""Postgres: the schema, and one module of queries for each aggregate."""
