"""Rounds: the same measurement again and again, after one that only warms up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")


async def in_rounds(count: int, measure: Callable[[int], Awaitable[Mapping[str, float]]]) -> dict[str, list[float]]:
    """What ``measure`` gives in ``count`` rounds, by name. It is told the number of the round; that of number 0 goes.

    In the first round caches are cold and connections are made.
    """
    found: dict[str, list[float]] = {}
    for number in range(count + 1):
        for name, value in (await measure(number)).items():
            if number:
                found.setdefault(name, []).append(value)
    return found


def in_turn(items: Sequence[Item], number: int) -> list[Item]:
    """``items`` in the order of round ``number``: another one is the first each time."""
    first = number % max(1, len(items))
    return [*items[first:], *items[:first]]
