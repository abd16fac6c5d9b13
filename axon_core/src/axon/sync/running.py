"""The background loop of the process, and what is closed when it ends."""

from __future__ import annotations

import atexit
from contextlib import suppress

from axon.core.background import BackgroundLoop
from axon.core.system import MemorySystem

left_open: set[MemorySystem] = set()
"""What is closed at exit, also where nobody holds it any more."""
_background = BackgroundLoop()
wait = _background.run


@atexit.register
def _close_all() -> None:
    if _background.is_running:
        for system in list(left_open):
            with suppress(Exception):  # the process ends, and the others are to be closed too
                wait(system.aclose())
        _background.stop()
