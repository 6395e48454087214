"""Whose todos and jobs they are."""

from typing import NewType
from uuid import UUID

OwnerId = NewType("OwnerId", UUID)

BUILT_IN_OWNER = OwnerId(UUID("00000000-0000-0000-0000-000000000001"))
"""Who owns everything until there is access control."""
