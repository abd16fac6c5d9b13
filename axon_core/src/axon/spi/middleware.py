"""Code that runs around calls of a tier: logging, metrics, a gate for what may be stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeAlias

from attrs import frozen

Verb = Literal[
    "store", "recall", "get", "update", "forget", "count", "scan", "clear", "health",
    "lock", "renew", "unlock", "locks", "allow", "used", "windows", "put", "swap", "values", "drop",
]  # fmt: skip
"""Those of entries, and the methods of :mod:`axon.spi.coordination`."""


@frozen(kw_only=True)
class Call:
    """One call of one tier."""

    verb: Verb
    tier: str
    adapter: str
    """The adapter type, or the class name of an adapter that was handed in."""
    argument: Any
    """What the verb works on. store: a list of entries; recall: a :class:`~axon.spi.Query`; get: a
    list of ids; forget: a list of ids, or a filter; update: ``(id, changes)``; count: a filter or
    ``None``; scan: ``(cursor, limit)``; clear and health: ``None``; those of
    :mod:`axon.spi.coordination`: their arguments by name."""


Proceed: TypeAlias = Callable[[Call], Awaitable[Any]]


class Middleware(Protocol):
    """An object that is called around every call of every tier.

    It awaits ``proceed(call)``, once as a rule, and returns what that returns. It may pass a
    changed call on (``attrs.evolve``), change the result, or raise instead of proceeding.
    """

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        """Do something before, await ``proceed(call)``, do something after."""
