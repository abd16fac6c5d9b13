"""Several processes on one file: each sees what the others have committed, none loses anything, locks are obeyed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.core.errors import StoreTimeout
from axon.spi import Query, as_embedding, iterate

SPAWN = multiprocessing.get_context("spawn")
FORK = multiprocessing.get_context("fork")


def serve(path: str, pipe: Connection) -> None:
    """Do in this process what the parent asks for, with one adapter."""

    async def answers() -> None:
        adapter = VectorAdapter(path)
        while (asked := pipe.recv()) is not None:
            verb, *arguments = asked
            if verb == "query":
                verb, arguments = "query", [asking(*arguments)]
            try:
                pipe.send(await getattr(adapter, verb)(*arguments))
            except Exception as error:
                pipe.send(error)
        await adapter.close()

    asyncio.run(answers())


def asking(text: str | None, filter: Filter | None, numbers: list[float] | None) -> Query:
    """The query of its parts: a vector is a view of memory, which cannot be sent."""
    return Query(text=text, filter=filter, vector=numbers and vector(*numbers))


@contextmanager
def process(path: Path, context: Any = SPAWN) -> Iterator[Any]:
    """What calls a verb in another process, and gives what it gave."""
    here, there = context.Pipe()
    child = context.Process(target=serve, args=(str(path), there))
    child.start()

    def call(verb: str, *arguments: Any) -> Any:
        if verb == "query":
            arguments = (arguments[0].text, arguments[0].filter, arguments[0].vector and arguments[0].vector.tolist())
        here.send((verb, *arguments))
        assert here.poll(60), f"no answer to {verb}"
        return here.recv()

    try:
        yield call
    finally:
        here.send(None)
        child.join(60)
        assert child.exitcode == 0


def entry(entry_id: str, text: str = "some words", **values: Any) -> MemoryEntry:
    return MemoryEntry(id=entry_id, text=text, **values)


def vector(*numbers: float) -> Any:
    return as_embedding(np.array(numbers, np.float32))


def test_each_sees_at_its_next_call_what_the_other_has_done(tmp_path: Path) -> None:
    asked = Query(vector=vector(1, 0))
    with process(tmp_path) as other, asyncio.Runner() as runner:
        adapter = VectorAdapter(tmp_path)

        def mine(verb: str, *arguments: Any) -> Any:
            return runner.run(getattr(adapter, verb)(*arguments))

        def found(call: Any, query: Query) -> list[str]:
            return [hit.entry.id for hit in call("query", query)]

        for writer, reader in ((mine, other), (other, mine)):
            assert found(reader, asked) == []
            writer("save_many", [entry("a", "red fox", tags=["t"], embedding=[1, 0]), entry("b", embedding=[0, 1])])
            assert reader("get", "a").text == "red fox"
            assert found(reader, asked) == ["a", "b"]
            assert found(reader, Query(text="fox")) == ["a"]
            assert found(reader, Query(vector=vector(1, 0), filter=Filter(tags=["t"]))) == ["a"]
            writer("save", entry("a", "blue whale", embedding=[0, 1]))
            writer("save", entry("b", embedding=[1, 0]))
            assert found(reader, asked) == ["b", "a"]
            assert found(reader, Query(text="fox")) == []
            assert found(reader, Query(text="whale")) == ["a"]
            assert found(reader, Query(vector=vector(1, 0), filter=Filter(tags=["t"]))) == []
            writer("delete", "b")
            assert reader("get", "b") is None
            assert found(reader, asked) == ["a"]
            assert writer("clear") == 1
            assert found(reader, asked) == []
            assert found(reader, Query(text="whale")) == []
            reader("save", entry("c", "after the clear", embedding=[1, 0, 0]))  # words and vectors of a new table
            assert found(writer, Query(vector=vector(1, 0, 0))) == ["c"]
            assert found(writer, Query(text="clear")) == ["c"]
            writer("delete", "c")
        runner.run(adapter.close())


def test_a_cursor_goes_on_in_another_process(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save_many([entry(str(number)) for number in range(10)]))
    page = asyncio.run(adapter.scan(limit=4))
    with process(tmp_path) as other:
        rest = other("scan", page.cursor)
    assert [one.id for one in [*page.entries, *rest.entries]] == [str(number) for number in range(10)]


WRITER = """
import asyncio, sys
from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
async def main(path, name):
    adapter = VectorAdapter(path, max_entries=int(sys.argv[3]) or None)
    await adapter.count()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(200):
        text = f"{name} wrote word{number}"
        one = dict(text=text, tags=[name], embedding=[1.0, number])
        await adapter.save(MemoryEntry(id=f"{name}-{number}", **one))
        await adapter.save(MemoryEntry(id=f"both-{number % 50}", **one))
        if number % 10 == 0:
            await adapter.delete(f"both-{number % 50}")
asyncio.run(main(*sys.argv[1:3]))
"""


def together(path: Path, most: int) -> None:
    """Two writers at once, each 200 entries of its own and the same ones as the other."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", WRITER, str(path)]
    with (
        subprocess.Popen([*command, "left", str(most)], **pipes) as left,
        subprocess.Popen([*command, "right", str(most)], **pipes) as right,
    ):
        for writer in (left, right):
            assert writer.stdout.readline() == "ready\n"
        for writer in (left, right):
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for writer in (left, right):
            assert writer.wait(120) == 0


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    together(tmp_path, 0)
    adapter = VectorAdapter(tmp_path)

    async def check() -> None:
        stored = {one.id: one async for one in iterate(adapter)}
        assert await adapter.count() == len(stored)
        for name in ("left", "right"):
            own = {f"{name}-{number}" for number in range(200)}
            assert own <= stored.keys()
            tagged = await adapter.query(Query(filter=Filter(tags=[name]), limit=1000))
            assert {hit.entry.id for hit in tagged} == {i for i, one in stored.items() if name in one.tags}
        near = await adapter.query(Query(vector=vector(1, 0), limit=1000))
        assert {hit.entry.id for hit in near} == set(stored)
        for number in (0, 7, 199):
            worded = await adapter.query(Query(text=f"word{number}", limit=1000))
            assert {hit.entry.id for hit in worded} == {
                i for i, one in stored.items() if one.text.endswith(f" word{number}")
            }

    asyncio.run(check())


def test_two_writers_together_keep_to_max_entries(tmp_path: Path) -> None:
    together(tmp_path, 30)
    adapter = VectorAdapter(tmp_path)
    assert asyncio.run(adapter.count()) == 30
    assert len(asyncio.run(adapter.query(Query(text="wrote", limit=100)))) == 30
    assert len(asyncio.run(adapter.query(Query(vector=vector(1, 0), limit=100)))) == 30


def test_a_lock_that_is_held_too_long_is_a_timeout_that_says_so_and_passes(tmp_path: Path) -> None:
    adapter, late = (VectorAdapter(tmp_path, busy_timeout=0.05) for _ in range(2))
    asyncio.run(adapter.save(entry("a", embedding=[1, 0])))
    holder = sqlite3.connect(tmp_path / "memory.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for call in (
        lambda: adapter.save(entry("b")),
        lambda: adapter.save_many([entry("b"), entry("c")]),
        lambda: adapter.update("a", text="other"),
        lambda: adapter.delete("a"),
        adapter.clear,
        lambda: late.save(entry("d")),
    ):
        with pytest.raises(StoreTimeout, match=r"memory\.sqlite3.*another process.*busy_timeout = 0\.05 s") as caught:
            asyncio.run(call())
        assert caught.value.sent is False
    assert asyncio.run(adapter.get("a")) is not None
    assert len(asyncio.run(adapter.query(Query(text="words")))) == 1
    assert asyncio.run(adapter.health()).status == "ok"
    holder.execute("ROLLBACK")
    holder.close()
    asyncio.run(adapter.save(entry("b", embedding=[0, 1])))
    assert {hit.entry.id for hit in asyncio.run(adapter.query(Query(text="words")))} == {"a", "b"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # of Python from 3.12 on
def test_a_forked_child_writes_on_its_own_and_loses_nothing_when_the_parent_closes(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    with asyncio.Runner() as runner:
        runner.run(adapter.save(entry("parent")))
        here, there = FORK.Pipe()

        def child() -> None:
            async def main() -> None:
                await adapter.save(entry("child 1"))
                there.send("one")
                assert there.recv() == "the parent has closed"
                await adapter.save(entry("child 2"))
                there.send(await adapter.count())
                await adapter.close()

            asyncio.run(main())

        forked = FORK.Process(target=child)
        forked.start()
        assert here.poll(60)
        assert here.recv() == "one"
        assert runner.run(adapter.get("child 1")) is not None
        runner.run(adapter.save(entry("parent 2")))
        runner.run(adapter.close())
        # Whoever opens and closes the file now must not take the log away that the child writes to.
        assert runner.run(once(tmp_path)) == 3
        here.send("the parent has closed")
        assert here.poll(60)
        assert here.recv() == 4
        forked.join(60)
        assert forked.exitcode == 0
        assert runner.run(once(tmp_path)) == 4


async def once(path: Path) -> int:
    adapter = VectorAdapter(path)
    count = await adapter.count()
    await adapter.close()
    return count


def test_a_reader_never_misses_an_entry_that_another_overwrites(tmp_path: Path) -> None:
    """It is there all the time: whatever is committed between two reads of a query, one of its states is the answer."""

    async def overwrite_while_reading() -> None:
        writer = VectorAdapter(tmp_path, synchronous="normal")
        reader = VectorAdapter(tmp_path)
        one = MemoryEntry(id="one", text="an apple", user_id="u", embedding=[1, 0])
        await writer.save(one)
        queries = (
            Query(vector=as_embedding([1, 0]), limit=1),
            Query(vector=as_embedding([1, 0]), filter=Filter(user_id="u"), limit=1),
            Query(text="apple", limit=1),
            Query(text="apple", vector=as_embedding([1, 0]), limit=1),
        )
        done = asyncio.Event()

        async def overwrite() -> None:
            while not done.is_set():
                await writer.save(one)

        writing = asyncio.create_task(overwrite())
        for _ in range(300):
            for query in queries:
                (hit,) = await reader.query(query)
                assert hit.entry.id == "one"
                assert hit.score > 0 or query.filter is None
        done.set()
        await writing
        await writer.close()
        await reader.close()

    asyncio.run(overwrite_while_reading())


def test_many_may_open_a_new_directory_at_once(tmp_path: Path) -> None:
    async def open_all(directory: Path) -> None:
        adapters = [VectorAdapter(directory, namespace=f"n{number}") for number in range(6)]
        await asyncio.gather(*(adapter.save(MemoryEntry(id="a", text="x")) for adapter in adapters))
        assert await asyncio.gather(*(adapter.count() for adapter in adapters)) == [1] * 6
        await asyncio.gather(*(adapter.close() for adapter in adapters))

    for attempt in range(10):
        asyncio.run(open_all(tmp_path / str(attempt)))


def test_who_only_reads_opens_while_another_writes(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save(MemoryEntry(id="a", text="x")))
    with sqlite3.connect(tmp_path / "memory.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        reader = VectorAdapter(tmp_path, busy_timeout=0)
        assert asyncio.run(reader.get("a")) is not None
        other.execute("ROLLBACK")
    other.close()
