"""Vectors of two models cannot be compared: who made those that are stored is kept, and nobody else's are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.core.errors import StoreConflict
from axon.spi import Query, as_embedding

EAST = as_embedding([1.0, 0.0])


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    return MemoryEntry(id=entry_id, text=f"text {entry_id}", **values)


def by(path: Path, embedder: str | None, **options: Any) -> VectorAdapter:
    return VectorAdapter(path, embedder=embedder, **options)


def test_another_embedder_is_refused_with_both_names_and_what_helps(tmp_path: Path) -> None:
    asyncio.run(by(tmp_path, "mini:1:384").save(entry("a", embedding=EAST)))
    other = by(tmp_path, "large:2:384")
    calls: list[Callable[[], Any]] = [
        lambda: other.save(entry("b", embedding=EAST)),
        lambda: other.query(Query(vector=EAST)),
    ]
    for call in calls:
        with pytest.raises(StoreConflict, match=r"memory\.sqlite3.*mini:1:384.*large:2:384.*axon reindex"):
            asyncio.run(call())
    same = by(tmp_path, "mini:1:384")
    assert [hit.entry.id for hit in asyncio.run(same.query(Query(vector=EAST)))] == ["a"]
    assert asyncio.run(same.count()) == 1


def test_the_first_who_writes_vectors_is_remembered_also_by_those_who_were_there_before(tmp_path: Path) -> None:
    first, second = by(tmp_path, "mini:1:2"), by(tmp_path, "large:2:2")
    for adapter in (first, second):
        asyncio.run(adapter.save(entry("words only")))
    asyncio.run(first.save(entry("a", embedding=EAST)))
    with pytest.raises(StoreConflict, match="mini"):
        asyncio.run(second.save(entry("b", embedding=EAST)))
    with pytest.raises(StoreConflict, match="mini"):
        asyncio.run(second.query(Query(vector=EAST)))
    assert asyncio.run(first.get("b")) is None


def test_vectors_handed_in_by_hand_are_not_mixed_with_those_of_an_embedder(tmp_path: Path) -> None:
    asyncio.run(by(tmp_path, "mini:1:2").save(entry("a", embedding=EAST)))
    without = by(tmp_path, None)
    with pytest.raises(StoreConflict, match=r"made by the embedder mini:1:2.*by hand.*axon reindex"):
        asyncio.run(without.save(entry("b", embedding=EAST)))
    asyncio.run(without.save(entry("words")))
    with pytest.raises(StoreConflict, match="mini"):
        asyncio.run(by(tmp_path, "large:2:2").save(entry("c", embedding=EAST)))
    assert asyncio.run(by(tmp_path, "mini:1:2").count()) == 2


def test_each_namespace_has_its_own(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        adapter = by(tmp_path, name, namespace=name)
        asyncio.run(adapter.save(entry("a", embedding=[1.0] * (number + 2))))
        assert asyncio.run(adapter.count()) == 1


def test_a_cleared_namespace_takes_another_embedder(tmp_path: Path) -> None:
    mini = by(tmp_path, "mini:1:2")
    asyncio.run(mini.save(entry("a", embedding=EAST)))
    asyncio.run(mini.clear())
    large = by(tmp_path, "large:2:3")
    asyncio.run(large.save(entry("a", embedding=[1, 0, 0])))
    with pytest.raises(StoreConflict, match="large"):
        asyncio.run(mini.save(entry("b", embedding=EAST)))


def test_vectors_of_unknown_origin_are_not_claimed_for_an_embedder(tmp_path: Path) -> None:
    handed_in = VectorAdapter(tmp_path)
    asyncio.run(handed_in.save(MemoryEntry(id="a", text="x", embedding=[1, 0])))
    configured = VectorAdapter(tmp_path, embedder="onnx:1:2")
    with pytest.raises(StoreConflict, match=r"handed in by an application.*axon reindex"):
        asyncio.run(configured.save(MemoryEntry(id="b", text="y", embedding=[0, 1])))
    asyncio.run(configured.save(MemoryEntry(id="c", text="words alone")))
    assert asyncio.run(configured.count()) == 2
