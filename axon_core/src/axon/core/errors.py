"""Everything that Axon raises on purpose, in one tree under :class:`AxonError`.

A message says what happened, where (tier, adapter, host and port, config key)
and what would work. No message holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence


def shown(value: object) -> str:
    """``value`` for a message: its repr, cut short."""
    try:
        text = repr(value)
    except ValueError:  # of integers, above some thousands of digits
        return f"a very long {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:97]}..."


class AxonError(Exception):
    """Base of every error below.

    ``tier`` is the name of the tier in which it happened, or ``None`` outside of any;
    a :class:`~axon.MemorySystem` fills it in, and the message then starts with it.
    """

    tier: str | None = None

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.tier} tier: {message}" if self.tier else message


class InvalidInput(AxonError, ValueError):
    """A value that cannot be used, said before anything was stored or asked."""


class WrongType(InvalidInput, TypeError):
    """A value of a type that cannot be used; nothing is coerced."""


class UnknownTier(InvalidInput):
    """No such tier, or a tier that this configuration does not have."""


class Closed(AxonError):
    """A call on something that was closed before."""


class ConfigError(AxonError):
    """A configuration that cannot be used.

    ``problems`` lists every problem that was found, each with the path of its key.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class CapabilityError(ConfigError):
    """A tier or a call asks for more than the adapter can do."""


class PluginError(AxonError):
    """A plugin that cannot be imported, breaks the hook specification or claims a taken name."""


class AdapterNotFound(ConfigError):
    """No installed plugin provides the adapter, embedder or middleware of that name."""


class EmbeddingFailed(AxonError):
    """An embedder gave no vectors, or none that can be used; nothing was stored, and no store was asked.

    ``embedder`` is its name, ``problem`` what happened.
    """

    def __init__(self, embedder: str, problem: str) -> None:
        super().__init__(f"embedder {embedder!r}: {problem}; nothing was stored or asked")
        self.embedder = embedder
        self.problem = problem


class StoreError(AxonError):
    """A store behind an adapter did not do what it was asked."""


class StoreUnavailable(StoreError):
    """The store cannot be reached.

    ``sent`` says whether the command may have run: ``False`` means it certainly did not.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class StoreTimeout(StoreUnavailable):
    """No reply in time."""


class StoreOverloaded(StoreError):
    """Too much is under way already; nothing was sent."""


class StoreFull(StoreError):
    """The store has no room for the entry, and nothing that it may evict."""


class StoreAuthError(StoreError):
    """The store refused the credentials or the permission."""


class StoreConflict(StoreError):
    """What lies at our place in the store is not ours."""


class StoreUnsupported(StoreError):
    """The store lacks a command or a version that the adapter needs."""


class StoreCorrupt(StoreError):
    """A stored entry cannot be decoded; ``entry_id`` names it."""

    def __init__(self, message: str, *, entry_id: str) -> None:
        super().__init__(message)
        self.entry_id = entry_id


class LockUnavailable(StoreError):
    """The lock was not obtained, and the body did not run; or it is no longer held."""


class LockLost(LockUnavailable):
    """The lock was held when the body began and was lost before its end; another may hold it."""


class ComputationFailed(AxonError):
    """Another caller, in another process, computed what this one waited for, and failed.

    ``error`` is the name of its error's type, ``problem`` what it said.
    """

    def __init__(self, key: str, error: str, problem: str) -> None:
        super().__init__(f"{key!r} was computed by another caller, who failed: {error}: {problem}")
        self.error = error
        self.problem = problem


class EntryNotFound(AxonError, LookupError):
    """There is no entry of that id: it never was, was forgotten, or has expired."""


class StoreDamaged(StoreError):
    """The file or the data of a store is broken as a whole; the message names it and says what to do."""
