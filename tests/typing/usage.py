"""The public names as an application uses them, for mypy and pyright to check; nothing runs this.

``assert_type`` shows that names which are looked up lazily keep their types. A line that ends in a ``type: ignore``
is a mistake that has to be found: both checkers refuse an ignore which hides nothing.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, assert_type

import axon.sync
from axon import (
    AxonError,
    DateRange,
    EphemeralPolicy,
    Filter,
    MemoryConfig,
    MemoryEntry,
    MemorySystem,
    PersistentPolicy,
    Ranking,
    RecalledEntry,
    SessionPolicy,
)
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.redis import RedisAdapter
from axon.spi import (
    Adapter,
    AdapterSpec,
    Allowance,
    Call,
    Capability,
    Explanation,
    Health,
    Hit,
    Lock,
    Page,
    Proceed,
    Query,
    SupportsCounters,
    SupportsLimits,
    SupportsLocks,
    SupportsResidue,
    hookimpl,
)


def configure() -> MemoryConfig:
    assert_type(MemoryConfig.from_file("axon.toml"), MemoryConfig)
    assert_type(MemoryConfig.from_env({"AXON_NAMESPACE": "app"}), MemoryConfig)
    config = MemoryConfig(
        ephemeral=EphemeralPolicy(adapter_type="memory", ttl_seconds=60),
        session=SessionPolicy(ttl_seconds=1800.0, max_entries=1000, eviction="lru"),
        persistent=PersistentPolicy(),
    )
    assert_type(config.session, SessionPolicy | None)
    assert_type(config.namespace, str)
    return config


async def remember(memory: MemorySystem) -> None:
    assert_type(await memory.store("text", tier="session", importance=0.4, tags=["a"]), str)
    await memory.store("text", ttl=1.5, metadata={"source": "chat"}, embedding=[0.1, 0.2])
    await memory.store("text", ttl=timedelta(minutes=5), user_id="ada", session_id="s1", id="mine")
    await memory.store("text", ttl=None)
    assert_type(
        await memory.store_many(["one", {"text": "two"}, MemoryEntry(text="three", tags=["a"], embedding=[0.1, 0.2])]),
        list[str],
    )
    assert_type(await memory.update("mine", text="changed", tags={"b"}), MemoryEntry)
    assert_type(await memory.forget("mine"), int)
    assert_type(await memory.forget(["one", "two"], tier=["session"]), int)
    assert_type(await memory.forget(Filter(user_id="ada")), int)
    assert_type(await memory.clear("session"), int)


async def read(memory: MemorySystem) -> None:
    recent = DateRange(start=datetime(2026, 1, 1, tzinfo=UTC))
    chosen = Filter(tags=["a"], ids={"one", "two"}, created=recent, importance=(0.5, 1.0), metadata={"source": "chat"})
    found = await memory.recall("query", tier=("session", "persistent"), filter=chosen, k=10, min_score=0.2)
    ranking = Ranking(recency=0.2, half_life=timedelta(days=30), importance=0.1, diversity=0.3)
    explained = await memory.recall("query", context=1, ranking=ranking, explain=True)
    assert_type(explained[0].explanation, Explanation | None)
    assert_type(found, list[RecalledEntry])
    assert_type(found[0].score, float)
    assert_type(found[0].tier, str)
    assert_type(found[0].tags, frozenset[str])
    assert_type(found[0].expires_at, datetime | None)
    assert_type(await memory.get("mine"), MemoryEntry | None)
    assert_type(await memory.get_many(["one", "two"]), list[MemoryEntry | None])
    assert_type(await memory.count(chosen, tier="session"), int)
    async for entry in memory.scan(filter=chosen):
        assert_type(entry, MemoryEntry)


async def own() -> None:
    adapter = InMemoryAdapter(namespace="app", max_entries=100, eviction="importance")
    async with MemorySystem(configure(), adapters={"session": adapter}, middleware=[timed]) as memory:
        assert_type(memory, MemorySystem)
        assert_type(memory.tier("session"), Adapter)
        assert_type(await memory.health(), dict[str, Health])
    shared = RedisAdapter("redis.example.com", 6379, namespace="app", default_ttl=timedelta(hours=1), deadline=1.5)
    MemorySystem(configure(), adapters={"ephemeral": shared, "session": adapter})
    assert_type(await shared.get("mine"), MemoryEntry | None)
    health = await adapter.health()
    assert_type(health.status, Literal["ok", "degraded", "down"])
    assert_type(await adapter.query(Query(text="query")), Sequence[Hit])
    assert_type(await adapter.scan(limit=10), Page)


async def agree(adapter: InMemoryAdapter, shared: RedisAdapter) -> None:
    locks: SupportsLocks = adapter
    held = await locks.lock("outbox", ttl=30, wait=1.5)
    assert_type(held, Lock)
    assert_type(held.fence, int)
    await locks.renew(held, ttl=30)
    assert_type(await locks.unlock(held), bool)
    counters: SupportsCounters = adapter
    assert_type(await counters.increment("mails", -1, ttl=60), int)
    limits: SupportsLimits = adapter
    assert_type(await limits.allow("mails", limit=10, per=0.5, weight=2), Allowance)
    kept: list[SupportsResidue] = [adapter, shared]
    assert_type(await kept[0].residue(), int)


async def timed(call: Call, proceed: Proceed) -> object:
    assert_type(call.tier, str)
    return await proceed(call)


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """What a plugin declares."""
    return [AdapterSpec(name="mine", target="mine.adapter:MyAdapter", capabilities=frozenset({Capability.TTL}))]


def wait() -> None:
    with axon.sync.MemorySystem.from_file("axon.toml") as memory:
        assert_type(memory, axon.sync.MemorySystem)
        assert_type(memory.store("text", ttl=60), str)
        assert_type(memory.recall("text"), list[RecalledEntry])
        for entry in memory.scan():
            assert_type(entry, MemoryEntry)


async def mistakes(memory: MemorySystem, entry: MemoryEntry, error: AxonError) -> None:
    EphemeralPolicy(ttl_second=60)  # type: ignore[call-arg]
    SessionPolicy(eviction="newest")  # type: ignore[arg-type]
    MemoryConfig(session=EphemeralPolicy())  # type: ignore[arg-type]
    MemorySystem("axon.toml")  # type: ignore[arg-type]
    await memory.store("text", importance="high")  # type: ignore[arg-type]
    await memory.store("text", ttl="1 hour")  # type: ignore[arg-type]
    await memory.recall("text", k="all")  # type: ignore[arg-type]
    await memory.remember("text")  # type: ignore[attr-defined]
    Filter(user="ada")  # type: ignore[call-arg]
    entry.importance = 0.9  # type: ignore[misc]
    error.tier_name  # type: ignore[attr-defined]  # noqa: B018
    axon.sync.MemorySystem(configure()).store("text", importance="high")  # type: ignore[arg-type]
    InMemoryAdapter(max_entry=10)  # type: ignore[call-arg]
    RedisAdapter(port="6379")  # type: ignore[arg-type]
