"""What an adapter can do for an operator, beyond its contract: each is there if its method is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from axon.spi.embedder import Embedder

Severity: TypeAlias = Literal["ok", "info", "warning", "error"]

Progress: TypeAlias = Callable[[int, int], object]
"""Called with how much is done and how much there is in all, in a unit of the adapter's, from any thread."""


@frozen(kw_only=True)
class Finding:
    """What an examination found out about one thing."""

    severity: Severity
    """``error``: something does not work or is lost; ``warning``: it may come to that, or costs too much."""
    subject: str
    """What was looked at, in a word or two."""
    sentence: str
    fix: str | None = None
    """What to do about it, as a rule a command."""


@runtime_checkable
class SupportsDoctor(Protocol):
    """Examines its store."""

    @abstractmethod
    async def doctor(self) -> Sequence[Finding]:
        """What there is to say about the store, good and bad.

        Nothing is changed, and what is wrong with the store is a finding and no error: it never raises because of it.
        """


@runtime_checkable
class SupportsReindex(Protocol):
    """Makes all its vectors anew."""

    @abstractmethod
    async def reindex(self, embedder: Embedder, *, progress: Progress | None = None) -> int:
        """Embed the text of every entry with ``embedder``; how many were embedded by this call.

        The old vectors answer until there is a new one for every entry, and then all change at once. What was done
        before a kill is kept, and the next call with the same embedder goes on there.
        """


@runtime_checkable
class SupportsBackup(Protocol):
    """Copies its store while it is in use."""

    @abstractmethod
    async def backup(self, target: Path, *, replace: bool = False, progress: Progress | None = None) -> None:
        """Write a copy of one state of the store to ``target``: complete, on the disk and looked at, or not there.

        What is there already is refused, unless it is to be replaced.
        """


@runtime_checkable
class SupportsCompaction(Protocol):
    """Gives the space of deleted entries back."""

    @abstractmethod
    async def compact(self, *, progress: Progress | None = None) -> int:
        """Give back what is unused, in small steps between which others read and write; how many bytes."""


@runtime_checkable
class SupportsResidue(Protocol):
    """Says how much it keeps, so that a test can see whether anything is left behind."""

    @abstractmethod
    async def residue(self) -> int:
        """How many records of any kind there are for this namespace: entries, members of indexes, what was left behind.

        Whatever grows with use is counted, whether it is still of use or not; what has expired may be given back first.
        When everything was deleted or has expired, it is what it was while the namespace was empty.
        """
