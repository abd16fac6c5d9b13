"""Backup and compaction: a copy of one state while others write, and space given back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap

import pytest

from axon.adapters.vector import VectorAdapter
from axon.core.errors import InvalidInput, StoreConflict, StoreDamaged, StoreError, StoreUnavailable
from axon.spi import MemoryEntry, Query, SupportsBackup, SupportsCompaction

FILE = "memory.sqlite3"
ENTRIES = 4000


def entries(first, last):
    return [
        MemoryEntry(id=str(i), text=f"entry number{i} " + "word " * 40, tags=[f"t{i % 7}"], embedding=[1.0, i] * 200)
        for i in range(first, last)
    ]


@pytest.fixture
def store(tmp_path):
    """The directory of a store of some megabytes, several steps of a backup."""
    directory = tmp_path / "store"

    async def fill():
        adapter = VectorAdapter(directory, synchronous="normal")
        await adapter.save_many(entries(0, ENTRIES))
        await adapter.close()

    asyncio.run(fill())
    return directory


async def using(directory, work, **options):
    adapter = VectorAdapter(directory, **options)
    try:
        return await work(adapter)
    finally:
        await adapter.close()


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def count(directory):
    return asyncio.run(using(directory, lambda adapter: adapter.count()))


def test_a_copy_in_a_directory_is_a_store(store, tmp_path):
    target = tmp_path / "copy"
    target.mkdir()
    steps = []

    async def work(adapter):
        assert isinstance(adapter, SupportsBackup)
        await adapter.backup(target, progress=lambda *step: steps.append(step))
        return (await adapter.scan(limit=ENTRIES)).entries

    before = asyncio.run(using(store, work))
    assert names(target) == [FILE]
    assert len(steps) > 2
    assert steps[-1][0] == steps[-1][1]

    async def look(adapter):
        assert (await adapter.scan(limit=ENTRIES)).entries == before
        assert {finding.severity for finding in await adapter.doctor()} <= {"ok", "info"}
        (hit,) = await adapter.query(Query(text="number77", limit=1))
        assert hit.entry.id == "77"

    asyncio.run(using(target, look))


def test_it_is_one_state_while_others_write(store, tmp_path):
    async def work(adapter):
        loop = asyncio.get_running_loop()
        writes = []

        def step(done, total):
            write = adapter.save_many(entries(ENTRIES + 10 * len(writes), ENTRIES + 10 * len(writes) + 10))
            writes.append(asyncio.run_coroutine_threadsafe(write, loop))
            writes[-1].result(60)  # the write is through while the copy is under way

        await adapter.backup(tmp_path / "copy.sqlite3", progress=step)
        assert len(writes) > 2
        return await adapter.count()

    assert asyncio.run(using(store, work)) > ENTRIES
    target = tmp_path / "restored"
    target.mkdir()
    (tmp_path / "copy.sqlite3").rename(target / FILE)
    assert count(target) == ENTRIES


def test_it_works_for_a_file_that_another_process_has_open_and_has_not_written_back(store, tmp_path):
    async def work(adapter):
        await adapter.delete("1")
        await using(store, lambda other: other.backup(tmp_path / FILE))
        return await adapter.count()

    assert asyncio.run(using(store, work)) == ENTRIES - 1
    assert count(tmp_path) == ENTRIES - 1


def test_what_is_there_is_replaced_only_on_demand_and_never_the_store_itself(store, tmp_path):
    target = tmp_path / "copy.sqlite3"
    target.write_bytes(b"precious")

    async def work(adapter):
        with pytest.raises(InvalidInput, match="is there already"):
            await adapter.backup(target)
        assert target.read_bytes() == b"precious"
        for own in (store, store / FILE):
            with pytest.raises(InvalidInput, match="is the store itself"):
                await adapter.backup(own, replace=True)
        with pytest.raises(InvalidInput, match="no directory"):
            await adapter.backup(tmp_path / "nowhere" / "copy")
        await adapter.backup(target, replace=True)

    asyncio.run(using(store, work))
    assert target.read_bytes().startswith(b"SQLite format 3")
    assert names(tmp_path) == ["copy.sqlite3", "store"]


def test_a_copy_that_is_in_use_as_a_store_is_not_replaced(store, tmp_path):
    target = tmp_path / "copy"
    target.mkdir()

    async def work(adapter):
        await adapter.backup(target)
        used = VectorAdapter(target)
        await used.doctor()  # leaves an empty log behind, which alone is no sign of use
        await adapter.backup(target, replace=True)
        await used.save(entries(0, 1)[0])
        with pytest.raises(StoreConflict, match="in use"):
            await adapter.backup(target, replace=True)
        await used.close()
        await adapter.backup(target, replace=True)

    asyncio.run(using(store, work))


def test_a_damaged_store_gives_no_copy(store, tmp_path):
    with (store / FILE).open("r+b") as file:
        file.seek(4096 * 40)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(StoreDamaged, match="axon doctor"):
        asyncio.run(using(store, lambda adapter: adapter.backup(tmp_path / "copy.sqlite3")))
    assert names(tmp_path) == ["store"]


def test_nothing_to_copy_is_an_error_and_makes_nothing(tmp_path):
    with pytest.raises(StoreUnavailable, match="nothing was ever stored"):
        asyncio.run(using(tmp_path / "none", lambda adapter: adapter.backup(tmp_path / "copy")))
    assert names(tmp_path) == []


def test_a_failure_on_the_way_leaves_no_file(store, tmp_path):
    def fail(done, total):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        asyncio.run(using(store, lambda adapter: adapter.backup(tmp_path / "copy.sqlite3", progress=fail)))
    assert names(tmp_path) == ["store"]


def test_kill_9_in_the_middle_leaves_no_copy_and_the_store_whole(store, tmp_path):
    code = """
        import asyncio, sys, threading
        from pathlib import Path
        from axon.adapters.vector import VectorAdapter

        def step(done, total):
            print("a step is done", flush=True)
            threading.Event().wait()

        asyncio.run(VectorAdapter(sys.argv[1]).backup(Path(sys.argv[2]), progress=step))
    """
    target = tmp_path / "copy.sqlite3"
    command = [sys.executable, "-c", textwrap.dedent(code), str(store), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"a step is done\n"
        child.kill()
    assert not target.exists()
    asyncio.run(using(store, lambda adapter: adapter.backup(target)))
    assert count(store) == ENTRIES
    assert target.stat().st_size > 4096 * 1024


def test_compaction_gives_the_space_of_what_was_deleted_back(store):
    size = (store / FILE).stat().st_size
    steps = []

    async def work(adapter):
        assert isinstance(adapter, SupportsCompaction)
        await adapter.delete_many([str(i) for i in range(ENTRIES) if i % 10])
        space = next(finding for finding in await adapter.doctor() if finding.subject == "space")
        given_back = await adapter.compact(progress=lambda *step: steps.append(step))
        assert (await adapter.query(Query(text="number70", limit=1)))[0].entry.id == "70"
        assert {finding.severity for finding in await adapter.doctor()} <= {"ok", "info"}
        assert await adapter.compact() == 0
        return given_back, space

    given_back, space = asyncio.run(using(store, work))
    assert given_back > size * 0.7
    assert (store / FILE).stat().st_size < size * 0.3
    assert steps[0][0] == 0
    assert count(store) == ENTRIES // 10
    assert space.severity == "ok" or space.fix == "axon compact"


def test_others_read_and_write_while_a_store_is_compacted(store):
    async def work(adapter):
        await adapter.delete_many([str(i) for i in range(ENTRIES // 2)])
        other = VectorAdapter(store)
        loop = asyncio.get_running_loop()
        calls = []

        def step(done, total):
            calls.append(loop.create_task(other.save(entries(ENTRIES + len(calls), ENTRIES + len(calls) + 1)[0])))

        await adapter.compact(progress=step)
        await asyncio.gather(*calls)
        found = await other.count()
        await other.close()
        assert len(calls) > 2
        return found - len(calls)

    assert asyncio.run(using(store, work)) == ENTRIES // 2


def test_errors_are_of_axons_kind(store, tmp_path):
    with pytest.raises(StoreError, match="cannot copy"):
        asyncio.run(using(store, lambda adapter: adapter.backup(tmp_path / ("x" * 250))))
