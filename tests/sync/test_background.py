"""The loop behind ``axon.sync``: an interrupt ends the call at whatever point it comes."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from axon.core.background import BackgroundLoop


@pytest.fixture
def background():
    made = BackgroundLoop()
    yield made
    made.stop()


@pytest.mark.parametrize("handed_over", [True, False])
def test_an_interrupt_while_the_call_is_handed_over(background, monkeypatch, handed_over):
    ended = threading.Event()
    states = []

    async def call():
        try:
            states.append("started")
            await asyncio.Event().wait()
        finally:
            states.append("ended")
            ended.set()

    async def nothing():
        """Start the loop."""

    background.run(nothing())
    loop_class = asyncio.BaseEventLoop
    hand_over = loop_class.call_soon_threadsafe
    interrupts = iter([KeyboardInterrupt])

    def interrupted(self, callback, *arguments, **options):
        interrupt = next(interrupts, None)
        if interrupt is None or handed_over:
            hand_over(self, callback, *arguments, **options)
        if interrupt is not None:
            raise interrupt

    monkeypatch.setattr(loop_class, "call_soon_threadsafe", interrupted)
    coroutine = call()
    with pytest.raises(KeyboardInterrupt):
        background.run(coroutine)
    monkeypatch.undo()
    background.run(nothing())  # whatever was handed over before has had its turn
    assert coroutine.cr_frame is None or ended.wait(timeout=60)
    assert states in ([], ["started", "ended"])


def test_results_and_errors_come_back(background):
    async def value():
        return 5

    async def error():
        raise ZeroDivisionError

    async def cancelled():
        raise asyncio.CancelledError

    assert background.run(value()) == 5
    with pytest.raises(ZeroDivisionError):
        background.run(error())
    with pytest.raises(CancelledError):
        background.run(cancelled())
