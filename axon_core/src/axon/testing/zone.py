"""A local time that is not UTC, whatever the machine's is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

_ZONE = "KIT-1KITS,M3.5.0,M10.5.0/3"
"""An hour ahead of UTC and two in summer, as in Berlin; in words that need no table of zones."""


@contextmanager
def not_utc() -> Iterator[None]:
    """Local time is not UTC in here, and has a summer time, where the system can change it; Windows cannot."""
    change = getattr(time, "tzset", None)
    if change is None:
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = _ZONE
    change()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        change()
