"""Loading code, which makes nothing that is ever garbage: looking for some would take a tenth of the time."""

import gc


def begin() -> None:
    """Look for no garbage from here on."""
    gc.disable()


def done() -> None:
    """Look for garbage again, but not in what was loaded: requests and jobs would wait for that."""
    gc.freeze()
    gc.enable()
