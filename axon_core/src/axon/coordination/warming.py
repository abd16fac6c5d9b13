"""Storing many things ahead of their use."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Any

Progress = Callable[[int, int | None], None]


async def some_at_a_time(items: Iterable[Any] | AsyncIterable[Any], size: int) -> AsyncIterator[list[Any]]:
    """``items`` in lists of ``size``, the last one shorter."""
    some: list[Any] = []
    async for item in _each(items):
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


async def _each(items: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def length_of(items: object) -> int | None:
    """How many there are, where that is known before they were looked at."""
    try:
        return len(items)  # type: ignore[arg-type]  # what has no length says so
    except TypeError:
        return None
