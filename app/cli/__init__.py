"""The taskoverflow command."""
