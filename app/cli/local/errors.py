"""What keeps the embedded servers from coming up."""


class LocalServerError(Exception):
    """One clear line for whoever started them."""
