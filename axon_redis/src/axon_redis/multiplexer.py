"""One connection for any number of tasks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import hiredis

from axon_redis.failures import Failure
from axon_redis.parting import part, watch_for_forks
from axon_redis.reply import Reply

MOST_PENDING = 100_000
"""Commands that may wait for their replies; who comes then waits before anything is sent."""

MOST_BUFFERED = 4 * 2**20
"""Bytes that may wait for the socket, likewise."""

_MOST_PER_WRITE = 24
_LARGE = 4096
"""More commands, or more bytes in one, are written at once: the server works on them while others are being made."""
_CHECKS_PER_TIMEOUT = 8
_PARTING_S = 0.5
_NOTHING: Any = object()


class Slot(Protocol):
    """What stands in the queue for one reply: a future, or one for several replies."""

    def done(self) -> bool:
        """Whether nobody waits for it any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """Take the reply."""


class Replies:
    """Gathers the replies to commands that were sent together, and then gives all of them to ``future``."""

    def __init__(self, future: asyncio.Future[list[Any]], count: int) -> None:
        self._future = future
        self._missing = count
        self._replies: list[Any] = []

    def done(self) -> bool:
        """Whether nobody waits for them any more."""
        return self._future.done()

    def set_result(self, reply: Any) -> None:
        """Take the next reply."""
        self._replies.append(reply)
        self._missing -= 1
        if not self._missing and not self._future.done():
            self._future.set_result(self._replies)


class Multiplexer(asyncio.Protocol):
    """Sends what tasks ask for within one tick of the loop in one write, and hands the replies out in order.

    A failure is the *result* of a future, of type :class:`Failure`: an exception that nobody waits for any more would
    be reported as an error of the program. A caller that was cancelled leaves its future behind, and the reply is read
    and dropped; what was not written yet is not sent.

    ``open_on`` is the loop on which a command may be sent right now, else ``None``: then wait for ``room()`` first.
    Nothing that blocks the connection, or changes its state, may be sent.
    """

    def __init__(self, writer: asyncio.StreamWriter, reply_timeout: float | None) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self.open_on: asyncio.AbstractEventLoop | None = loop
        self.scripts: set[str] = set()
        """The digests of the scripts that this connection has sent; a server may forget them nevertheless."""
        self.failure: Failure | None = None
        """Why it is closed; ``None`` while it is not."""
        # What loop.create_future does, without a call in Python for each command.
        self._create_future = partial(asyncio.Future, loop=loop)
        self._call_soon = loop.call_soon
        self._writer = writer  # would close the transport if it went
        self._transport = transport = writer.transport
        self._write = transport.write
        self._ours = True
        self._commands: list[bytes] = []
        self._slots: list[Slot] = []
        self._pending: deque[Slot] = deque()
        self._alone = True
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused = False
        self._closed: asyncio.Future[None] = loop.create_future()
        make_failure: Any = Failure  # hiredis takes whatever gives an object; its types want an exception
        self._reader = hiredis.Reader(replyError=make_failure, notEnoughData=_NOTHING)
        self._feed = self._reader.feed
        self._gets = self._reader.gets
        self._timeout = reply_timeout
        self._timer: asyncio.TimerHandle | None = None
        self._written = 0
        self._written_at_check: deque[int] = deque(maxlen=_CHECKS_PER_TIMEOUT)
        self._progress = False
        transport.set_write_buffer_limits(high=MOST_BUFFERED)
        transport.set_protocol(self)
        watch_for_forks(self)

    # Sending

    def send(self, command: bytes) -> asyncio.Future[Any]:
        """The reply to one packed command, or a :class:`Failure`."""
        commands = self._commands
        if not commands:
            if self._alone and not self._pending:
                # Nobody else was there lately: waiting for the end of the tick would only cost another one.
                reply = Reply(loop=self._loop)
                self._pending.append(reply)
                self._written += 1
                self._write(command)
                if self._timer is None:
                    self._watch()
                return reply
            self._call_soon(self._flush)
        future: asyncio.Future[Any] = self._create_future()
        commands.append(command)
        self._slots.append(future)
        if len(commands) > _MOST_PER_WRITE or len(command) > _LARGE:
            self._flush()
        return future

    def send_all(self, commands: Sequence[bytes]) -> asyncio.Future[list[Any]]:
        """The replies to packed commands that leave in one write; a :class:`Failure` in the place of each without."""
        future: asyncio.Future[list[Any]] = self._create_future()
        if not self._commands:
            self._call_soon(self._flush)
        self._commands += commands
        self._slots += [Replies(future, len(commands))] * len(commands)
        return future

    def room(self) -> asyncio.Future[None]:
        """Done when there is room again, or when the connection is closed; first come, first served."""
        future: asyncio.Future[None] = self._create_future()
        if self.open_on is None and self.failure is None:
            self._waiting.append(future)
        else:
            future.set_result(None)
        return future

    def _flush(self) -> None:
        commands, slots = self._commands, self._slots
        if not commands:
            return
        self._commands, self._slots = [], []
        if self.failure is not None:
            _hand_out(slots, Failure(self.failure.message, self.failure.code))
            return
        for slot in slots:
            if slot.done():  # cancelled before it was sent
                pairs = [(command, slot) for command, slot in zip(commands, slots, strict=True) if not slot.done()]
                commands, slots = [command for command, _ in pairs], [slot for _, slot in pairs]
                break
        pending = self._pending
        self._alone = len(commands) == 1 and not pending
        pending.extend(slots)
        self._written += len(slots)
        if len(pending) >= MOST_PENDING:
            self.open_on = None
        self._write(commands[0] if len(commands) == 1 else b"".join(commands))
        if self._timer is None:
            self._watch()

    def pause_writing(self) -> None:
        """The socket takes no more: commands have to wait."""
        self._paused = True
        self.open_on = None

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self._paused = False
        self._reopen()

    def _reopen(self) -> None:
        if self._paused or self.failure is not None or len(self._pending) >= MOST_PENDING // 2:
            return
        self.open_on = self._loop
        for _ in range(min(len(self._waiting), MOST_PENDING // 2)):
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)

    # Receiving

    def data_received(self, data: bytes) -> None:
        """Give each reply to the one who waits for it."""
        self._progress = True
        self._feed(data)
        gets, next_slot = self._gets, self._pending.popleft
        reply: Any = None
        try:
            while (reply := gets()) is not _NOTHING:
                slot = next_slot()
                if not slot.done():
                    slot.set_result(reply)
        except IndexError:  # nobody waits: the server says why it hangs up
            self._abort(reply if type(reply) is Failure else Failure("an answer without a question", "LOST"))
        except hiredis.HiredisError:
            self._abort(Failure("the answer was not of Redis' protocol", "LOST"))
        if self.open_on is None or self._waiting:
            self._reopen()

    # Watching

    def _watch(self) -> None:
        if self._timeout is not None:
            self._timer = self._loop.call_later(self._timeout / _CHECKS_PER_TIMEOUT, self._check)

    def _check(self) -> None:
        """Hang up if what was written a whole timeout ago has no reply; replies to others do not count.

        The bytes of the reply itself do: it is large.
        """
        self._timer = None
        history = self._written_at_check
        if not self._pending:
            history.clear()
            return
        answered = self._written - len(self._pending)
        overdue = len(history) == _CHECKS_PER_TIMEOUT and answered < history[0]
        arriving = self._progress and self._reader.has_data()
        self._progress = False
        if overdue and not arriving:
            since = self._loop.time() - (self._timeout or 0.0)
            self._abort(Failure("", "LATE", sent=True, since=since))
            return
        history.append(self._written)
        self._watch()

    # Ending

    async def close(self) -> None:
        """Hang up and wait until that is done; who waits for a reply gets a failure."""
        if not self._ours or self._loop is not asyncio.get_running_loop():
            self.drop()
            return
        self._end(Failure("closed here", "LOST"))
        self._transport.close()
        done, _ = await asyncio.wait([self._closed], timeout=_PARTING_S)
        if not done:  # the other side takes nothing any more
            self._transport.abort()
            await asyncio.shield(self._closed)

    def drop(self) -> None:
        """Hang up without waiting, from wherever this is called; any number of times."""
        if not self._ours:
            return
        with suppress(RuntimeError):  # of a loop that is closed
            self._loop.call_soon_threadsafe(self._end, Failure("closed here", "LOST"))
        self.open_on = None
        part(self._writer, self._loop)

    def disown(self) -> None:
        """Never touch the socket again: it is that of the parent process."""
        self.open_on = None
        self.failure = Failure("opened by the parent process", "LOST")
        self._alone = self._ours = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits; what was written may have run."""
        self._end(Failure(getattr(exc, "strerror", None) or "closed by the other side", "LOST"))
        if not self._closed.done():
            self._closed.set_result(None)

    def _abort(self, failure: Failure) -> None:
        self._end(failure)
        self._transport.abort()

    def _end(self, failure: Failure) -> None:
        if self.failure is not None:
            return
        self.failure = failure
        self.open_on = None
        self._alone = False  # so that whatever still comes goes through the queue, which answers it
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, deque()
        _hand_out(pending, Failure(failure.message, failure.code, sent=True, since=failure.since))
        self._flush()
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)


def _hand_out(slots: Sequence[Slot] | deque[Slot], failure: Failure) -> None:
    for slot in slots:
        if not slot.done():
            slot.set_result(failure)
