"""Storing many things ahead of their use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from axon.core.entries import MemoryEntry
from axon.core.errors import WrongType

Progress = Callable[[int, int | None], None]


async def some_at_a_time(items: Iterable[Any] | AsyncIterable[Any], size: int) -> AsyncGenerator[list[Any], None]:
    """``items`` in lists of ``size``, the last one shorter."""
    if not isinstance(items, AsyncIterable):
        for some in lists_of(items, size):
            yield some
        return
    some = []
    async for item in items:
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def lists_of(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """``items`` in lists of ``size``, the last one shorter; taken as they are needed."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def check_several(items: Any, *kinds: type) -> None:
    """Refuse what is one item, or is none of ``kinds``."""
    if isinstance(items, str | Mapping | MemoryEntry) or not isinstance(items, kinds):
        raise WrongType(f"warm takes several items, got one {type(items).__name__}: use store()")


def length_of(items: object) -> int | None:
    """How many there are, where that is known before they were looked at."""
    try:
        return len(items)  # type: ignore[arg-type]  # what has no length says so
    except TypeError:
        return None
