"""Clients that are cheap enough to share two cores with what they measure."""
