"""For all tests."""

from __future__ import annotations

import gc
import signal


def pytest_configure():
    """Let Ctrl-C interrupt, here and in what tests start: a shell lets what it runs in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish():
    """Leave what was made so far out of garbage collections: there are twenty thousand tests, and many collections."""
    gc.collect()
    gc.freeze()
