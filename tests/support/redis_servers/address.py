"""Where servers listen."""

from __future__ import annotations

import random
import socket
from contextlib import closing, suppress

HOST = "127.0.0.1"

_BUS = 10_000
"""The cluster bus of a node listens so far above its port; older servers have no setting for it."""


def free_port(*, bus: bool = False) -> int:
    """A port that nobody listens on, below those that the system hands out; with ``bus`` also the one of its bus."""
    while True:
        port = random.randrange(12_000, 22_000)
        with suppress(OSError):
            for number in (port, port + _BUS) if bus else (port,):
                with closing(socket.socket()) as probe:
                    probe.bind((HOST, number))
            return port
