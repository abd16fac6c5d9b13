"""Everything that tasks and processes may agree on through the adapter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from axon.core.errors import LockUnavailable
from axon_redis.adapter import RedisAdapter


async def agree(adapter: RedisAdapter, attempt: Callable[[str, Awaitable[Any]], Awaitable[Any]]) -> None:
    """Call every verb that is not about entries, each through ``attempt(name, call)``."""
    lock = await attempt("lock", adapter.lock("a lock", ttl=60))
    await attempt("renew", adapter.renew(lock, ttl=60))
    with pytest.raises(LockUnavailable, match="is held by another"):
        await attempt("lock again", adapter.lock("a lock", ttl=60))
    assert [held.name for held in await attempt("locks", adapter.locks())] == ["a lock"]
    assert await attempt("unlock", adapter.unlock(lock))
    assert await attempt("increment", adapter.increment("a counter", 2)) == 2
    assert await attempt("increment for a while", adapter.increment("another", ttl=60)) == 1
    assert await attempt("counter", adapter.counter("a counter")) == 2
    assert await attempt("reset", adapter.reset("a counter"))
    for exact in (True, False):
        for allowed in (True, True, False):
            name = f"a limit, {exact}"
            assert (await attempt(name, adapter.allow(name, limit=2, per=60, exact=exact))).allowed is allowed
        for _ in range(100):  # the first ones no longer count while others do
            await attempt(f"a short one, {exact}", adapter.allow("short", limit=1000, per=0.005, exact=exact))
    assert await attempt("used", adapter.used("a limit, True", per=60)) == 2
    assert "a limit, True" in {window.name for window in await attempt("windows", adapter.windows())}
    await attempt("put", adapter.put("a value", b"1", ttl=60))
    assert await attempt("swap", adapter.swap("a value", b"1", b"2", ttl=60))
    assert await attempt("swap to nothing", adapter.swap("a value", b"2", None))
    assert await attempt("swap nothing", adapter.swap("a value", None, None))
    assert await attempt("swap from nothing", adapter.swap("a value", None, b"3", ttl=60))
    assert await attempt("values", adapter.values(["a value", "none"])) == [b"3", None]
    assert await attempt("drop", adapter.drop("a value"))
