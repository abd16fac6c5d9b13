"""Cached functions of two memories, as two processes have them, on one server."""

from __future__ import annotations

import asyncio

from coordination_functions import counting

from axon import EphemeralPolicy, MemoryConfig, MemorySystem


def memory_on(server):
    return MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy(adapter_type="redis"), adapters=redis_at(server)))


def redis_at(server):
    return {"redis": {"url": server.url}}


def test_a_thousand_who_miss_at_once_run_it_once(shared):
    async def main():
        async with memory_on(shared) as here, memory_on(shared) as there:
            functions = [counting(memory) for memory in (here, there)]
            results = await asyncio.gather(*[answer("why") for answer, _ in functions for _ in range(500)])
            assert results == [{"answer": ["why"], "language": "en"}] * 1000
            assert sum(len(runs) for _, runs in functions) == 1

    asyncio.run(main())


def test_who_asks_after_another_process_has_invalidated_does_not_get_the_old(shared):
    async def main():
        async with memory_on(shared) as here, memory_on(shared) as there:
            (answer, runs), (elsewhere, _) = counting(here, tags=["t"]), counting(there, tags=["t"])
            for number, invalidate in enumerate((lambda: there.invalidate("t"), lambda: elsewhere.invalidate("a"))):
                task = asyncio.create_task(answer("a"))
                await asyncio.sleep(0.3)
                await invalidate()
                await asyncio.gather(*[answer("a") for _ in range(10)])
                await task
                assert len(runs) == 2 * (number + 1)
                await elsewhere.invalidate("a")

    asyncio.run(main())
