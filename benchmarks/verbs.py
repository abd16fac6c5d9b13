"""Save, get and store against the memory stores of cashews and py-key-value, in one run."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from cashews import Cache
from key_value.aio.stores.memory import MemoryStore

from axon import MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from benchmarks import texts
from benchmarks.report import Report

COUNT = 10_000
ROUNDS = 5


async def _seconds(call: Callable[[Any], Awaitable[Any]], items: Sequence[Any]) -> float:
    gc.collect()
    start = perf_counter()
    for item in items:
        await call(item)
    return (perf_counter() - start) / len(items)


async def measure() -> dict[str, list[float]]:
    """Ratios of each round, by name."""
    results: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        times = await _round()
        fastest = {verb: min(times[f"cashews {verb}"], times[f"py-key-value {verb}"]) for verb in ("save", "get")}
        ratios = {
            "get, times the faster peer": fastest["get"] / times["axon get"],
            "save without word index, times the faster peer": fastest["save"] / times["axon save, no words"],
            "save with word index (30 words), times the faster peer": fastest["save"] / times["axon save"],
            "MemorySystem.store, share of the adapter's own speed": times["axon save"] / times["axon store"],
            "the same without word index, share of making an entry and saving it": (
                times["an entry"] + times["axon save, no words"]
            )
            / times["axon store, no words"],
            "the same without word index, share of saving one that is made": times["axon save, no words"]
            / times["axon store, no words"],
        }
        for name, ratio in ratios.items():
            results.setdefault(name, []).append(ratio)
    return results


async def _round() -> dict[str, float]:
    entries = texts.entries(COUNT)
    ids = [entry.id for entry in entries]
    # What the peers store is the plainest thing that holds the same: a dictionary.
    values = {
        e.id: {"text": e.text, "tags": list(e.tags), "user_id": e.user_id, "at": datetime.now(UTC).isoformat()}
        for e in entries
    }
    cashews, peer = Cache(), MemoryStore(max_entries_per_collection=COUNT)
    cashews.setup("mem://", size=2 * COUNT)
    plain, indexed = InMemoryAdapter(text_index=False), InMemoryAdapter()
    policy = MemoryConfig(session=SessionPolicy())
    systems = {
        "axon store": MemorySystem(policy, adapters={"session": InMemoryAdapter()}),
        "axon store, no words": MemorySystem(policy, adapters={"session": InMemoryAdapter(text_index=False)}),
    }

    def store(memory: MemorySystem) -> Callable[[Any], Awaitable[Any]]:
        return lambda e: memory.store(
            e.text, tier="session", tags=("a", "all"), user_id=e.user_id, session_id=e.session_id
        )

    async def make(e: Any) -> None:
        MemoryEntry(text=e.text, tags=("a", "all"), user_id=e.user_id, session_id=e.session_id, expires_at=e.expires_at)

    return {
        "an entry": await _seconds(make, entries),
        "cashews save": await _seconds(lambda i: cashews.set(i, values[i], expire=3600), ids),
        "py-key-value save": await _seconds(lambda i: peer.put(i, values[i], ttl=3600), ids),
        "axon save, no words": await _seconds(plain.save, entries),
        "axon save": await _seconds(indexed.save, entries),
        "cashews get": await _seconds(cashews.get, ids),
        "py-key-value get": await _seconds(peer.get, ids),
        "axon get": await _seconds(indexed.get, ids),
        **{name: await _seconds(store(memory), entries) for name, memory in systems.items()},
    }


def main(report: Report) -> None:
    """Report the ratios beside their bars."""
    results = asyncio.run(measure())
    bars = (3, 3, 0.4, 0.5, 0.5)
    for (name, values), bar in zip(results.items(), bars, strict=False):
        report.ratio(name, values, bar=bar, at_least=True)
    name, values = list(results.items())[-1]
    report.note(f"{name}: {min(values):.2f} to {max(values):.2f}")
