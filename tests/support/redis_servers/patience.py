"""Waiting for what a server does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

PATIENCE_S = 30.0
"""How long anything here is awaited before it counts as broken."""


def wait_until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE_S) -> Any:
    """What ``condition`` gives as soon as that is true; errors of a connection or a server count as not yet."""
    end = time.monotonic() + patience
    problem: Exception | None = None
    while time.monotonic() < end:
        try:
            answer = condition()
        except (OSError, RedisError) as error:
            problem = error
        else:
            problem = None
            if answer:
                return answer
        time.sleep(0.01)
    raise TimeoutError(f"{what}: not within {patience} s") from problem
