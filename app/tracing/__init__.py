"""Traces: the one package that knows of OpenTelemetry."""
