"""How long an entry lives, and what may say so."""

from __future__ import annotations

import math
from asyncio import run
from datetime import UTC, datetime, timedelta

import pytest
from core_system import listed

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import EntryNotFound, InvalidInput, WrongType


class TestTTL:
    @pytest.fixture
    def timed(self, clock):
        adapters = {"session": InMemoryAdapter(clock=clock), "ephemeral": InMemoryAdapter(clock=clock)}
        config = MemoryConfig(ephemeral=EphemeralPolicy(ttl_seconds=30), session=SessionPolicy(ttl_seconds=600))
        return MemorySystem(config, adapters=adapters)

    @pytest.mark.parametrize("ttl", [1.9, timedelta(seconds=1.9)])
    def test_an_override_counts_to_the_fraction(self, timed, clock, ttl):
        async def main():
            before = datetime.now(UTC)
            entry_id = await timed.store("short", ttl=ttl)
            entry = await timed.get(entry_id)
            assert entry.expires_at - entry.created_at == timedelta(seconds=1.9)
            assert entry.created_at >= before
            clock.now = entry.expires_at.timestamp() - 0.001
            assert await timed.recall("short")
            clock.now = entry.expires_at.timestamp()
            assert await timed.recall("short") == []
            assert await timed.get(entry_id) is None
            assert await timed.count() == 0
            assert await listed(timed.scan()) == []
            assert await timed.forget(entry_id) == 0
            with pytest.raises(EntryNotFound):
                await timed.update(entry_id, text="x")

        run(main())

    def test_the_policy_of_the_tier_decides_otherwise(self, timed, clock):
        async def main():
            await timed.store("short", importance=0.1)
            await timed.store("longer", importance=0.5)
            clock.forward(31)
            assert [entry.text for entry in await listed(timed.scan())] == ["longer"]
            clock.forward(600)
            assert await timed.count() == 0

        run(main())

    def test_none_means_never(self, timed, clock):
        entry_id = run(timed.store("kept", ttl=None))
        clock.forward(10**9)
        assert run(timed.get(entry_id)).expires_at is None

    @pytest.mark.parametrize(
        "ttl",
        [
            0,
            -1,
            0.0,
            -0.5,
            math.nan,
            -math.inf,
            math.inf,
            1e300,
            10**400,
            timedelta(0),
            timedelta(-1),
            timedelta.max,
            5e-324,
            1e-7,
            4e-7,
            9e-7,
        ],
    )
    def test_spans_that_are_none(self, timed, ttl):
        for call in (
            timed.store("x", ttl=ttl),
            timed.store_many([{"text": "x", "ttl": ttl}]),
            timed.update("x", ttl=ttl),
        ):
            with pytest.raises(InvalidInput, match=r"ttl .* None means never"):
                run(call)
        assert run(timed.count()) == 0

    @pytest.mark.parametrize("ttl", [True, False, "60", [60], b"60", datetime.now(UTC), 1j])
    def test_things_that_are_no_spans(self, timed, ttl):
        with pytest.raises(WrongType, match="ttl must be seconds, a timedelta, or None for never"):
            run(timed.store("x", ttl=ttl))

    @pytest.mark.parametrize(
        ("ttl", "got"),
        [(timedelta(0), "0 seconds"), (timedelta(hours=-1), "-3600 seconds"), (-1.5, "-1.5"), (0, "0")],
    )
    def test_a_span_is_told_in_seconds(self, timed, ttl, got):
        with pytest.raises(InvalidInput, match=f"ttl must be above zero, got {got}; None means never"):
            run(timed.store("x", ttl=ttl))

    def test_the_longest_ttl_of_a_policy_can_be_stored(self):
        policy = SessionPolicy(ttl_seconds=1000 * 365 * 86_400)
        assert run(MemorySystem(MemoryConfig(session=policy)).store("x"))

    def test_refresh_on_read_renews_by_the_own_ttl_of_the_entry(self, clock):
        adapter = InMemoryAdapter(clock=clock, refresh_on_read=True)
        memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})

        async def main():
            entry_id = await memory.store("x", ttl=10)
            for _ in range(5):
                clock.forward(8)
                assert await memory.get(entry_id)
            clock.forward(10.1)
            assert await memory.get(entry_id) is None

        run(main())
