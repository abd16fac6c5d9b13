"""Calls that are not left halfway."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finished(call: Coroutine[Any, Any, Result]) -> Result:
    """What ``call`` gives. A task that is cancelled meanwhile ends when the call has ended, or is cancelled again."""
    task = asyncio.get_running_loop().create_task(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        raise
