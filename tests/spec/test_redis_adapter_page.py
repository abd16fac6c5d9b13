"""The code of the page on the Redis adapter, as it is written there, against tiers in memory.

What the blocks promise about recall must hold on every adapter; here it holds on the one that is built in.
"""

from __future__ import annotations

# fmt: off  (the blocks of the page stay as they are written there)
import asyncio
from datetime import datetime
from types import SimpleNamespace

import pytest

from axon import Filter, MemorySystem
from axon.adapters.memory import InMemoryAdapter
from axon.core.config import MemoryConfig
from axon.core.policies import EphemeralPolicy, SessionPolicy


class Clock:
    def __init__(self):
        self.now = datetime.now().timestamp()  # noqa: DTZ005

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory(clock):
    # "Basic Usage", with "memory" in the place of "redis".
    config = MemoryConfig(
        ephemeral=EphemeralPolicy(
            adapter_type="memory",
            ttl_seconds=60,  # 1 minute
        ),
        session=SessionPolicy(
            adapter_type="memory",
            ttl_seconds=1800,  # 30 minutes
            max_entries=1000,
        ),
    )
    adapters = {"ephemeral": InMemoryAdapter(clock=clock), "session": InMemoryAdapter(clock=clock, max_entries=1000)}
    return MemorySystem(config, adapters=adapters)


def limiter(memory):
    async def check_rate_limit(user_id: str) -> bool:
        key = f"rate_limit:{user_id}"

        # Count requests in last minute
        results = await memory.recall(key, tier="ephemeral")

        if len(results) >= 100:  # Max 100 requests/minute
            return False

        # Track request
        await memory.store(
            f"Request at {datetime.now()}",  # noqa: DTZ005
            importance=0.1,
            tier="ephemeral",
            tags=[key],
        )

        return True

    return check_rate_limit


TODAY = datetime.now()  # noqa: DTZ005
OTHERS = [
    ("user_1", "user_11"),
    ("1", "11"),
    ("11", "1"),
    ("user-1", "user-11"),
    ("user-11", "user"),
    ("user 1", "user 2"),
    ("user 1", "1"),
    ("a b", "a  b"),
    ("🦊", "🦝"),
    ("🦊 1", "🦝 1"),
    (f"{TODAY:%Y}", f"{TODAY:%m}"),
    (f"{TODAY:%Y-%m-%d}", f"{TODAY:%d}"),
    (f"{TODAY:%H}", f"{TODAY:%Y-%m-%d}"),
    ("at", "request"),
    ("Request", "Request at"),
    ("rate_limit", "rate_limit:rate_limit"),
    ("a:b", "a"),
    ("a", "a:b"),
    ("*", "anyone"),
    ("", "x"),
    ("user", "User"),
    ("ada@example.com", "bob@example.com"),
    ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
    ("naïve", "naive"),
    ("用户一", "用户二"),
    ("user.1", "user.2"),
    ("the", "a"),
    ("(x)", "x"),
    ("x", "x."),
    ("{}", "{0}"),
]


@pytest.mark.parametrize(("user", "other"), OTHERS, ids=lambda value: ascii(value))
class TestRateLimiting:
    def test_it_limits_at_exactly_100(self, memory, user, other):
        async def main():
            check_rate_limit = limiter(memory)
            return [await check_rate_limit(user) for _ in range(103)]

        assert asyncio.run(main()) == [True] * 100 + [False] * 3

    def test_another_user_is_not_counted(self, memory, user, other):
        async def main():
            check_rate_limit = limiter(memory)
            for _ in range(100):
                assert await check_rate_limit(other)
            answers = [await check_rate_limit(user) for _ in range(101)]
            return [*answers, await check_rate_limit(other)]

        assert asyncio.run(main()) == [True] * 100 + [False, False]

    def test_it_starts_anew_after_a_minute(self, memory, clock, user, other):
        async def main():
            check_rate_limit = limiter(memory)
            for _ in range(100):
                await check_rate_limit(user)
            assert not await check_rate_limit(user)
            clock.now += 61
            return await check_rate_limit(user)

        assert asyncio.run(main())


def test_ttl_based_expiration(memory, clock):
    async def main():
        # Store with 60-second TTL
        await memory.store(
            "Rate limit: user_123",
            importance=0.1,
            tier="ephemeral",  # 60s TTL configured
        )
        assert len(await memory.recall("rate limit", tier="ephemeral")) == 1

        # Wait 61 seconds
        clock.now += 61

        # Automatically deleted
        results = await memory.recall("rate limit", tier="ephemeral")
        assert len(results) == 0

    asyncio.run(main())


def test_temporary_data(memory):
    async def main():
        # Store with automatic expiration
        await memory.store("Temporary data", importance=0.2, tier="ephemeral")
        (found,) = await memory.recall("temporary")
        assert (found.expires_at - found.created_at).total_seconds() == 60

    asyncio.run(main())


def test_session_management(memory, clock):
    user_id = "user_42"

    async def main():
        # Store session data
        session_id = "sess_abc123"

        await memory.store(f"User logged in: {user_id}", importance=0.4, tier="session", tags=[session_id, user_id])
        await memory.store("User logged in: user_43", importance=0.4, tier="session", tags=["sess_abc1234", "user_43"])

        # Retrieve session
        results = await memory.recall("session", tier="session", filter=Filter(tags=[session_id]))
        assert [entry.text for entry in results] == ["User logged in: user_42"]

        # Auto-expires after TTL (e.g., 30 minutes)
        clock.now += 1801
        assert await memory.recall("session", tier="session", filter=Filter(tags=[session_id])) == []

    asyncio.run(main())


def test_distributed_access(memory):
    async def main():
        # Process 1
        await memory.store("Shared data", tier="session")

        # Process 2 (different machine)
        results = await memory.recall("shared", tier="session")
        # Returns results
        assert [entry.text for entry in results] == ["Shared data"]

    asyncio.run(main())


def test_cache_warming(memory):
    frequently_accessed_items = [
        SimpleNamespace(id="item_1", content="How to query the index"),
        SimpleNamespace(id="item_2", content="Opening hours"),
    ]

    async def main():
        # Pre-populate cache
        for item in frequently_accessed_items:
            await memory.store(item.content, importance=0.2, tier="ephemeral", tags=["cache", item.id])

        # Fast retrieval (< 5ms)
        results = await memory.recall("query", tier="ephemeral")
        assert [entry.text for entry in results] == ["How to query the index"]
        assert {entry.text for entry in await memory.recall("cache", tier="ephemeral")} == {
            item.content for item in frequently_accessed_items
        }

    asyncio.run(main())


def test_migration():
    # No data migration needed
    # Just change adapter type in config
    config = MemoryConfig(
        ephemeral=EphemeralPolicy(adapter_type="redis")  # Was "memory"
    )
    assert config.ephemeral.adapter_type == "redis"
    assert MemoryConfig(ephemeral=EphemeralPolicy()).ephemeral.adapter_type == "memory"
