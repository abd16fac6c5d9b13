"""A call that is cancelled at an await of one's choice."""

from __future__ import annotations

import asyncio
import gc

from axon.testing.cancelling import told_of_cancelling


def test_asyncio_has_nothing_to_say_of_a_call_that_fails() -> None:
    said: list[str] = []

    async def failing() -> None:
        await asyncio.sleep(0)
        raise LookupError("not there")

    async def cancelled() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))
        assert await told_of_cancelling(failing(), 7) is None
        gc.collect()

    asyncio.run(cancelled())
    assert said == []
