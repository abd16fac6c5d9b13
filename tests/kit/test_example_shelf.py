"""The adapter of the tutorial keeps the contract, in a file that several processes share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar

import pytest
from editable import installed

from axon.core import registry
from axon.spi import MemoryEntry
from axon.testing import AdapterConformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "axon-shelf"


@pytest.fixture(autouse=True, scope="module")
def on_the_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As if it was installed, for this module: ``axon adapters`` of this repository does not list an example."""
    with pytest.MonkeyPatch.context() as patch:
        for path in installed(EXAMPLE, tmp_path_factory.mktemp("site")):
            patch.syspath_prepend(str(path))
        registry.default_registry.cache_clear()
        yield
    registry.default_registry.cache_clear()


class TestShelf(AdapterConformance):
    adapter = "shelf"
    settings: ClassVar = {"path": "{tmp_path}/shelf.db"}
    unreachable: ClassVar = {"path": "{tmp_path}/no such folder/shelf.db"}


def at_once(path: Path, count: int, work: Callable[[Any, int], Coroutine[Any, Any, None]]) -> None:
    """Run ``work`` in threads, each with an adapter and a loop of its own, which begin at the same moment."""
    from axon_shelf.adapter import ShelfAdapter

    begin = Barrier(count)

    async def with_adapter(number: int) -> None:
        adapter = ShelfAdapter(path=str(path))
        try:
            await work(adapter, number)
        finally:
            await adapter.close()

    def run(number: int) -> None:
        begin.wait()
        asyncio.run(with_adapter(number))

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    async def save(adapter: Any, number: int) -> None:
        await adapter.save(MemoryEntry(id=f"{number}", text="in a new file"))

    async def count(adapter: Any, _: int) -> None:
        assert await adapter.count() == 8

    for round in range(10):
        path = tmp_path / f"{round}.db"
        at_once(path, 8, save)
        at_once(path, 1, count)


def test_a_file_that_cannot_be_switched_to_a_log_works_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Contended(sqlite3.Connection):
        """Refuses to switch to a log, as SQLite does where several switch at once."""

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if statement.startswith("pragma journal_mode"):
                raise sqlite3.OperationalError("database is locked")
            return super().execute(statement, *values)

    async def save(adapter: Any, _: int) -> None:
        await adapter.save(MemoryEntry(id="a", text="in a new file"))
        assert await adapter.count() == 1

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Contended))
    at_once(tmp_path / "shelf.db", 1, save)


def test_of_updates_at_once_none_undoes_another(tmp_path: Path) -> None:
    async def first(adapter: Any, _: int) -> None:
        await adapter.save(MemoryEntry(id="a", text="counted", importance=0.0))

    async def add(adapter: Any, number: int) -> None:
        for step in range(25):
            await adapter.update("a", **{("user_id", "session_id")[number % 2]: f"{number}-{step}"})

    async def look(adapter: Any, _: int) -> None:
        entry = await adapter.get("a")
        assert (entry.user_id, entry.session_id) == ("0-24", "1-24")

    at_once(tmp_path / "shelf.db", 1, first)
    at_once(tmp_path / "shelf.db", 2, add)
    at_once(tmp_path / "shelf.db", 1, look)
