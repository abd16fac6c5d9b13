"""Calls at moments of an event loop, behind one timer of it: of those for leases nearly all are taken back before."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from itertools import count

_FEW = 64


class Alarm:
    """A call that is to be made; ``cancel`` takes it back."""

    __slots__ = ("call", "context")

    def __init__(self, call: Callable[[], object]) -> None:
        self.call: Callable[[], object] | None = call
        self.context: Context | None = copy_context()

    def cancel(self) -> None:
        """Do not make it; any number of times."""
        self.call = self.context = None


class Alarms:
    """The alarms of ``loop``. Each is made in the context in which it was asked for, as by ``loop.call_at``.

    A timer of asyncio takes longer than all else that a lease does beside asking its store. Here an alarm that is not
    the next one is an entry in a heap, and one that was cancelled stays there until its time, or until most are such.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._due: list[tuple[float, int, Alarm]] = []
        self._most = _FEW
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def call_at(self, when: float, call: Callable[[], object]) -> Alarm:
        """``call()`` at the moment ``when`` of the loop."""
        alarm = Alarm(call)
        heappush(self._due, (when, next(self._numbers), alarm))
        if len(self._due) > self._most:
            self._due = [due for due in self._due if due[2].call is not None]
            heapify(self._due)
            self._most = max(_FEW, 2 * len(self._due))
        if when < self._rings_at:
            self._ring_at(when)
        return alarm

    def _ring_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = self.loop.call_at(when, self._ring), when

    def _ring(self) -> None:
        self._timer, self._rings_at = None, math.inf
        now, due = self.loop.time(), self._due
        while due and (due[0][0] <= now or due[0][2].call is None):
            alarm = heappop(due)[2]
            if alarm.call is not None:
                self.loop.call_soon(alarm.call, context=alarm.context)
        if due:
            self._ring_at(due[0][0])


class _Here(threading.local):
    alarms: Alarms | None = None


_here = _Here()


def alarms_of(loop: asyncio.AbstractEventLoop) -> Alarms:
    """Those of the loop that runs in this thread."""
    alarms = _here.alarms
    if alarms is None or alarms.loop is not loop:
        alarms = _here.alarms = Alarms(loop)
    return alarms
