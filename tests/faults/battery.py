"""Which fault runs on which broker, and which of that in the short form."""

from collections.abc import Collection

import pytest

from tests.faults.servers import KINDS


def on(*kinds: str, short: Collection[str] = ("redis",)) -> pytest.MarkDecorator:
    """Run a fault on these kinds of broker, or on all; in the short form on fewer."""
    cases = [pytest.param(kind, marks=() if kind in short else pytest.mark.full) for kind in kinds or KINDS]
    return pytest.mark.parametrize("lab", cases, indirect=True)
