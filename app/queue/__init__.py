"""The broker: what travels, and one module for each kind of server."""
