"""Files of todos: what they hold, line by line."""
