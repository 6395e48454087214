"""A process with this folder on its path has a clock that is wrong by ``LAB_CLOCK_OFFSET`` seconds.

Python imports it by its name. Dramatiq tells live workers from dead ones by ``time.time``.
"""

import os
import time

_right = time.time
_offset = float(os.environ["LAB_CLOCK_OFFSET"])


def _wrong() -> float:
    return _right() + _offset


time.time = _wrong
