"""Several calls at once, of which one error comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")


async def concurrently(calls: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of ``calls``, in their order. Should one fail, the others are cancelled and its error is raised."""
    if len(calls) == 1:
        return [await calls[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as errors:
        raise _first_of(errors.exceptions) from None
    return [task.result() for task in tasks]


async def all_of(calls: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run every one of ``calls`` to its end, whatever the others do; then raise the first error."""
    errors = [error for error in await asyncio.gather(*calls, return_exceptions=True) if error is not None]
    if errors:
        raise _first_of(errors)


def _first_of(errors: Sequence[BaseException]) -> BaseException:
    first, *others = errors
    for other in others:
        first.add_note(f"at the same time: {type(other).__name__}: {other}")
    return first
