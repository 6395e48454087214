"""The service and its peers, measured side by side: docs/performance.md."""
