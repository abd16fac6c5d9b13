"""A second process with an adapter of its own, for what outlives a process or is shared."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from axon.core.entries import MemoryEntry
from axon.testing.failure import Broken
from axon.testing.subject import NAMESPACE, Subject

_START_S = 60.0
_STREAM = "stream"


class OtherProcess:
    """Runs the verbs of its adapter; :meth:`kill` ends it as a power cut would."""

    def __init__(self, subject: Subject, folder: Path, namespace: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, subject, folder, namespace), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, verb: str, *arguments: Any, **named: Any) -> Any:
        """What the verb gives there; what it raises is raised here."""
        self._connection.send((verb, arguments, named))
        return self._received()

    def stream(self, entries: list[MemoryEntry]) -> None:
        """Let it save these one by one; :meth:`acknowledged` tells which are saved."""
        self._connection.send((_STREAM, (entries,), {}))

    def acknowledged(self, count: int) -> list[str]:
        """The ids of the first ``count`` entries of a stream that were saved."""
        return [self._received() for _ in range(count)]

    def rest(self) -> list[str]:
        """What else was acknowledged before the end."""
        found = []
        try:
            while self._connection.poll(0):
                found.append(self._connection.recv()[1])
        except EOFError:
            pass
        return found

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.join()

    def end(self) -> None:
        """Let it close its adapter and go."""
        if self._process.is_alive():
            with suppress(OSError):  # it has gone already
                self._connection.send(None)
            self._process.join(_START_S)
        if self._process.is_alive():
            self.kill()
        self._connection.close()
        self._process.close()

    def _received(self) -> Any:
        if not self._connection.poll(_START_S):
            raise Broken(f"no answer of another process within {_START_S:g} s", "an answer")
        try:
            kind, answer = self._connection.recv()
        except EOFError:
            raise Broken("the other process ended", "an answer of it") from None
        if kind == "error":
            raise answer
        return answer


@contextmanager
def other_process(subject: Subject, folder: Path, namespace: str) -> Iterator[OtherProcess]:
    """A process that has ended in the end."""
    process = OtherProcess(subject, folder, namespace)
    try:
        yield process
    finally:
        process.end()


def _serve(connection: Connection, subject: Subject, folder: Path, namespace: str) -> None:
    try:
        given = {NAMESPACE: namespace} if subject.knows(NAMESPACE) else {}
        adapter = subject.build(folder, given)
    except Exception as error:  # it cannot be made here; who asks is to know
        connection.send(("error", _sendable(error)))
        return
    with asyncio.Runner() as runner:
        while (told := connection.recv()) is not None:
            verb, arguments, named = told
            try:
                if verb == _STREAM:
                    runner.run(_stream(connection, adapter, *arguments))
                else:
                    connection.send(("answer", runner.run(getattr(adapter, verb)(*arguments, **named))))
            except Exception as error:  # whatever it is, the process that asked is to know
                connection.send(("error", _sendable(error)))
        runner.run(adapter.close())


async def _stream(connection: Connection, adapter: Any, entries: list[MemoryEntry]) -> None:
    for entry in entries:
        await adapter.save(entry)
        connection.send(("saved", entry.id))


def _sendable(error: Exception) -> Exception:
    """``error`` in a form that comes out of a pickle: many errors do not."""
    return RuntimeError(f"in another process: {type(error).__name__}: {error}")
