"""Postgres and Valkey on a machine that has neither installed."""
