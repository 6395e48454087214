"""The API, the command line, and all that the workers share with them."""
