"""Pure functions: todos in, calendar bytes out."""
