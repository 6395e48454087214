"""The reference: Flask and Celery, with the whole list of todos in the message and the file as the result."""
