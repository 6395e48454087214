"""A job that does nothing, by celery."""
