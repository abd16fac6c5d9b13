"""What the commands of an operator share: which tiers, and whose errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from axon.cli.failures import NotDone
from axon.cli.progress import bar
from axon.core.errors import AxonError

if TYPE_CHECKING:
    from axon.core.system import MemorySystem
    from axon.spi import Adapter

tier_option = click.option("--tier", metavar="TIER", help="Which; left out, all that can.")
capable_tier_option = click.option("--tier", metavar="TIER", help="Which; left out, the shortest-lived that can.")


def chosen(memory: MemorySystem, tier: str | None) -> dict[str, Adapter]:
    """The adapter of ``tier``, or those of all tiers, by tier."""
    return {name: memory.tier(name) for name in (memory.tiers if tier is None else (tier,))}


def unable(memory: MemorySystem, tier: str | None, what: str) -> NotDone:
    """None of the chosen tiers can do ``what``."""
    types = [f"{name} ({memory.config.tiers[name].adapter_type})" for name in chosen(memory, tier)]
    return NotDone(f"{what} is nothing that the adapter can do of: {', '.join(types)}")


@contextmanager
def working(what: str, tier: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for what is done in ``tier``, whose name its errors learn."""
    with bar(f"{what} {tier}") as progress:
        try:
            yield progress
        except AxonError as error:
            error.tier = error.tier or tier
            raise
