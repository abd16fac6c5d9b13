"""A cached function that tells when it was run."""

from __future__ import annotations

import asyncio


def counting(memory, **settings):
    """A cached function, and the arguments that it was run with."""
    runs = []

    @memory.cached(**{"ttl": 60, "name": "answer", **settings})
    async def answer(question, *more, language="en", **rest):
        """Answer it."""
        runs.append((question, *more))
        await asyncio.sleep(1)
        return {"answer": [question, *more], "language": language, **rest}

    return answer, runs
