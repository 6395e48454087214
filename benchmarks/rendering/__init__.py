"""Rendering alone: each of these prints how many events a second it makes, all todos being at hand."""
