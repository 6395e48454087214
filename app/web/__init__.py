"""Pages: static files, served as they are."""
