"""What is measured: an HTTP API and its workers, each on a database of its own."""
