"""What the service is about, in plain Python: no third-party import."""
