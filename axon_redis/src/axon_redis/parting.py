"""Leaving connections that belong to another event loop, or to the process that this one was forked from."""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import suppress
from typing import Any, Protocol


class Disownable(Protocol):
    """Something with open sockets."""

    def disown(self) -> None:
        """Never touch the sockets again: they are those of the parent process."""


def part(writer: asyncio.StreamWriter, loop: asyncio.AbstractEventLoop) -> None:
    """Close the transport of ``writer`` without waiting, on whatever loop and thread this runs; any number of times.

    A writer that goes before its transport is closed complains, so it is kept until then.
    """
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if loop is running:
        writer.transport.abort()
        return
    try:
        loop.call_soon_threadsafe(_abort, writer)
    except RuntimeError:  # the loop is closed, and asyncio has no call for what is left to do
        transport: Any = writer.transport
        with suppress(Exception):
            transport.abort()
        # Under TLS there is another transport beneath.
        beneath = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None) or transport
        with suppress(Exception):
            beneath._call_connection_lost(None)


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def part_from(connection: Any, loop: asyncio.AbstractEventLoop) -> None:
    """The same for a connection of redis-py, which would complain when it goes."""
    writer = getattr(connection, "_writer", None)
    if writer is not None:
        connection._reader = connection._writer = None
        part(writer, loop)


def watch_for_forks(owner: Disownable) -> None:
    """Have ``owner`` disown its sockets in every child that this process forks."""
    _owners.add(owner)


_owners: weakref.WeakSet[Disownable] = weakref.WeakSet()
_of_the_parent: list[Disownable] = []


def _disown_all() -> None:
    for owner in list(_owners):
        owner.disown()
        # The parent goes on using its sockets and the loop that watches them; a destructor here would interfere.
        _of_the_parent.append(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
