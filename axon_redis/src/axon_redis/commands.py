"""What is sent to a server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeAlias

import hiredis
from attrs import field, frozen

Argument: TypeAlias = bytes | str | int | float
Command: TypeAlias = Sequence[Argument]
"""``("GET", key)``"""

pack: Callable[[tuple[Argument, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]  # its types speak of tuples with one argument
"""The bytes of a command."""


@frozen(slots=False)
class Script:
    """A script in Lua; ``name`` is for messages."""

    name: str
    source: str = field(repr=False)

    @cached_property
    def sha(self) -> str:
        """The digest by which a server knows it."""
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def command(self, key: bytes, arguments: Sequence[Argument] = (), *, others: Sequence[bytes] = ()) -> ScriptCommand:
        """The command that runs it with ``key`` and ``others`` as its keys, for :meth:`Link.calls`."""
        command = ScriptCommand(("EVALSHA", self.sha, 1 + len(others), key, *others, *arguments))
        command.script = self
        return command


class ScriptCommand(tuple[Argument, ...]):  # noqa: SLOT001 - a subclass of tuple can have none that hold something
    """``EVALSHA`` of a script; the link sends the source instead where the server does not know it."""

    script: Script

    @property
    def in_full(self) -> tuple[Argument, ...]:
        """``EVAL`` of the same."""
        return ("EVAL", self.script.source, *self[2:])
