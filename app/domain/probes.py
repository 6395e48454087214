"""Requests that machines make every few seconds, and that nobody wants to read of."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics", "/api/v1/health"})
"""Their paths, none of which has parameters: logs and traces leave them out."""
