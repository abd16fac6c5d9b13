"""A scene for locks, limits and the like: memories over one store, in a time that passes only while all tasks wait.

Nothing may be left of a scene: no task, no lock, and in the end no value.
"""

from __future__ import annotations

import asyncio
import selectors
import time

from axon import EphemeralPolicy, MemoryConfig, MemorySystem
from axon.adapters.memory import InMemoryAdapter

_LONG_S = 10.0**7


class _Selector(selectors.DefaultSelector):
    """Does not wait, but lets the time pass for which it should have."""

    now = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "all tasks wait for each other"
        assert self.now < _LONG_S, "a task waits for ever"
        self.now += max(0.0, timeout)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose seconds take no time."""

    def __init__(self):
        self.passing = _Selector()
        super().__init__(self.passing)

    def time(self):
        return self.passing.now


class Faults:
    """A middleware that stands for a store far away: it fails and takes its time where a test says so.

    ``failing`` has an error by verb, ``slow`` the seconds that a question takes to arrive, ``late`` those that an
    answer takes to come back. ``asked`` lists the verbs.
    """

    def __init__(self):
        self.failing = {}
        self.slow = {}
        self.late = {}
        self.asked = []

    async def __call__(self, call, proceed):
        self.asked.append(call.verb)
        await asyncio.sleep(self.slow.get(call.verb, 0))
        if call.verb in self.failing:
            raise self.failing[call.verb]
        answer = await proceed(call)
        if call.verb in self.late:
            await asyncio.sleep(self.late[call.verb])
        return answer


class Scene:
    """A memory, another one over the same store as another process has it, and what is between them and the store."""

    def __init__(self):
        epoch = time.time()
        self.adapter = InMemoryAdapter(clock=lambda: epoch + asyncio.get_running_loop().time())
        self.faults = Faults()
        self.memory = self.another()

    def another(self, *middleware):
        config = MemoryConfig(ephemeral=EphemeralPolicy())
        return MemorySystem(config, adapters={"ephemeral": self.adapter}, middleware=[*middleware, self.faults])

    @property
    def now(self):
        return asyncio.get_running_loop().time()


def scene(scenario):
    """A test that plays ``scenario(scene)`` and finds nothing left behind."""

    def test():
        play(scenario)

    test.__doc__ = scenario.__doc__
    return test


def play(scenario, *arguments):
    """Play it; what it gives."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(_played(scenario, arguments))


async def _played(scenario, arguments):
    made = Scene()
    result = await scenario(made, *arguments)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert await made.adapter.locks() == []
    await asyncio.sleep(10 * 86_400)
    assert await made.adapter.residue() == 0
    return result


async def until(condition):
    """Wait until ``condition()`` holds."""
    while not condition():  # noqa: ASYNC110  # of any kind, and this time takes none
        await asyncio.sleep(0.01)


async def steps(count):
    """Let all others go on ``count`` times."""
    for _ in range(count):
        await asyncio.sleep(0)
