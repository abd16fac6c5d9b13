"""Save, get and store in memory, against the memory stores of cashews and py-key-value, in turns.

10,000 entries of 30 words (some 200 bytes) with two tags, a user, a session and an end go into an empty store, one
after the other. The peers get a dictionary that holds the same.
"""

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
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_rounds, in_turn

COUNT = 10_000
ROUNDS = 5
_PEER = "the faster of cashews and py-key-value"


async def _seconds(call: Callable[[Any], Awaitable[Any]], items: Sequence[Any]) -> float:
    gc.collect()
    start = perf_counter()
    for item in items:
        await call(item)
    return (perf_counter() - start) / len(items)


async def _round(number: int) -> dict[str, float]:
    """Seconds of each call."""
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

    def store(adapter: InMemoryAdapter) -> Callable[[Any], Awaitable[Any]]:
        memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})
        return lambda e: memory.store(
            e.text, tier="session", tags=("a", "all"), user_id=e.user_id, session_id=e.session_id
        )

    async def make(e: Any) -> None:
        MemoryEntry(text=e.text, tags=("a", "all"), user_id=e.user_id, session_id=e.session_id, expires_at=e.expires_at)

    saves: dict[str, tuple[Callable[[Any], Awaitable[Any]], Sequence[Any]]] = {
        "an entry": (make, entries),
        "cashews save": (lambda i: cashews.set(i, values[i], expire=3600), ids),
        "py-key-value save": (lambda i: peer.put(i, values[i], ttl=3600), ids),
        "axon save, no words": (plain.save, entries),
        "axon save": (indexed.save, entries),
        "axon store": (store(InMemoryAdapter()), entries),
        "axon store, no words": (store(InMemoryAdapter(text_index=False)), entries),
    }
    gets: dict[str, tuple[Callable[[Any], Awaitable[Any]], Sequence[Any]]] = {
        "cashews get": (cashews.get, ids),
        "py-key-value get": (peer.get, ids),
        "axon get": (indexed.get, ids),
    }
    return {name: await _seconds(*job) for jobs in (saves, gets) for name, job in in_turn(list(jobs.items()), number)}


async def _ratios(number: int) -> dict[str, float]:
    times = await _round(number)
    fastest = {verb: min(times[f"cashews {verb}"], times[f"py-key-value {verb}"]) for verb in ("save", "get")}
    making = times["an entry"] + times["axon save, no words"]
    return {
        "get, times the faster peer": fastest["get"] / times["axon get"],
        "save without word index, times the faster peer": fastest["save"] / times["axon save, no words"],
        "save with word index (30 words), times the faster peer": fastest["save"] / times["axon save"],
        "MemorySystem.store, share of the adapter's own speed": times["axon save"] / times["axon store"],
        "MemorySystem.store without word index, share of the adapter's own speed": (
            times["axon save, no words"] / times["axon store, no words"]
        ),
        "the same, share of making an entry and saving it": making / times["axon store, no words"],
    }


def main(report: Report) -> None:
    """Report the ratios beside their bars."""
    results = asyncio.run(in_rounds(ROUNDS, _ratios))
    for (name, values), bar in zip(results.items(), (3, 3, 0.4, 0.5, 0.5, None), strict=True):
        than = _PEER if "peer" in name else ""
        report.add(Figure(name, values, bar=bar, than=than))
    report.note("The adapters get an entry that is made; MemorySystem.store makes it of its arguments and checks them.")
