"""The nearest stack: FastAPI and Dramatiq as they come, with jobs and their files as rows in Postgres."""
