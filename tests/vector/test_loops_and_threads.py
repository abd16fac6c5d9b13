"""Event loops one after another and at once, cancellation, closing: a call is done whole, or not at all."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.core.errors import Closed
from axon.spi import Query, as_embedding


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    return MemoryEntry(id=entry_id, text=f"text of {entry_id}", tags=["t"], embedding=[1.0, 0.0], **values)


def test_one_adapter_in_one_loop_after_another(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    for number in range(3):
        asyncio.run(adapter.save(entry(str(number))))
    assert asyncio.run(adapter.count()) == 3


def test_sixty_four_tasks_at_once(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)

    async def task(number: int) -> int:
        await adapter.save(entry(str(number)))
        assert await adapter.get(str(number)) is not None
        assert await adapter.query(Query(text=f"of {number}"))
        assert await adapter.query(Query(vector=as_embedding([1.0, 0.0])))
        await adapter.update(str(number), importance=1.0)
        return await adapter.delete(str(number)) if number % 2 else 0

    async def main() -> int:
        return sum(await asyncio.gather(*map(task, range(64))))

    assert asyncio.run(main()) == 32
    assert asyncio.run(adapter.count()) == 32


def test_threads_with_loops_of_their_own_at_once(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path, synchronous="normal")
    ready = threading.Barrier(8)

    def work(thread: int) -> None:
        async def main() -> None:
            for number in range(20):
                await adapter.save(entry(f"{thread}-{number}"))
                assert await adapter.get(f"{thread}-{number}") is not None

        ready.wait(60)
        asyncio.run(main())

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, thread) for thread in range(8)]:
            done.result(60)
    assert asyncio.run(adapter.count()) == 160
    assert len(asyncio.run(adapter.query(Query(text="text", limit=1000)))) == 160


@pytest.mark.parametrize("turns", range(8))
def test_a_cancelled_save_is_whole_or_absent_and_the_next_call_works(tmp_path: Path, turns: int) -> None:
    adapter = VectorAdapter(tmp_path)

    async def scenario() -> None:
        await adapter.save(entry("before"))
        batch = [entry(f"new {number}") for number in range(50)]
        calls = [adapter.save_many(batch), adapter.update("before", text="changed"), adapter.count()]
        tasks = [asyncio.ensure_future(call) for call in calls]
        for _ in range(turns):  # each lets the tasks come as far as their next await
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError | MemoryEntry | int)
        found = await adapter.count()
        assert found in {1, 51}
        assert len(await adapter.query(Query(vector=as_embedding([1.0, 0.0])))) == found
        before = await adapter.get("before")
        assert before is not None
        assert len(await adapter.query(Query(text=before.text.split()[0], limit=1))) == 1
        await adapter.save(entry("after"))
        assert await adapter.get("after") is not None

    asyncio.run(scenario())


def test_close_waits_for_what_is_under_way_and_may_be_called_again(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)

    async def scenario() -> None:
        saves = [asyncio.ensure_future(adapter.save(entry(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
        await asyncio.gather(adapter.close(), adapter.close())
        await asyncio.gather(*saves)
        await adapter.close()
        with pytest.raises(Closed, match="closed"):
            await adapter.save(entry("late"))
        health = await adapter.health()
        assert health.status == "down"
        assert "closed" in health.detail

    asyncio.run(scenario())
    assert asyncio.run(VectorAdapter(tmp_path).count()) == 20


def test_closing_what_was_never_used_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "store"
    asyncio.run(VectorAdapter(path).close())
    assert not path.exists()


def test_a_clean_close_leaves_one_file(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save(entry("a")))
    asyncio.run(adapter.close())
    assert [path.name for path in tmp_path.iterdir()] == ["memory.sqlite3"]


def test_a_process_that_does_not_close_ends_and_has_saved(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from axon import MemoryEntry; from axon.adapters.vector import VectorAdapter\n"
        "asyncio.run(VectorAdapter(sys.argv[1]).save(MemoryEntry(id='a', text='x')))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, tmp_path], check=True, timeout=60)
    assert asyncio.run(VectorAdapter(tmp_path).count()) == 1


DEFAULT = """
import asyncio
from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
async def main():
    adapter = VectorAdapter()
    print(await adapter.count(), (await adapter.health()).detail)
    home = VectorAdapter("~/M\u00e9moire \u65e5\u672c")
    await home.save(MemoryEntry(id="a", text="x"))
    await adapter.close()
    await home.close()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the environment names the directory on Linux alone")
def test_without_a_path_the_file_is_where_the_platform_keeps_the_data_of_users(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "data")}
    subprocess.run([sys.executable, "-c", DEFAULT], env=environment, check=True, timeout=60)
    assert (tmp_path / "data" / "axon" / "memory.sqlite3").is_file()
    assert (tmp_path / "home" / "Mémoire 日本" / "memory.sqlite3").is_file()


def test_a_default_directory_that_cannot_be_made_is_said_by_health(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in place of the directory")
    adapter = VectorAdapter(tmp_path / "data" / "axon")
    health = asyncio.run(adapter.health())
    assert health.status == "down"
    assert str(tmp_path / "data" / "axon") in health.detail


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forks_while_others_write_work_at_once(tmp_path: Path) -> None:
    """A fork in the middle of a write must leave no lock behind in the child, nor harm what the parent writes."""
    program = """
import asyncio, os, sys, threading
from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
adapter = VectorAdapter(sys.argv[1], synchronous="normal")
def write():
    async def main():
        for number in range(150):
            await adapter.save(MemoryEntry(id=f"parent {number}", text="x " * 500, tags=["t"]))
    asyncio.run(main())
thread = threading.Thread(target=write)
thread.start()
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(adapter.save(MemoryEntry(id=f"child {number}", text="y")))
            asyncio.run(adapter.close())
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(child)
codes = [os.waitpid(child, 0)[1] for child in children]
thread.join()
assert codes == [0] * 10, codes
"""
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, timeout=100)
    adapter = VectorAdapter(tmp_path)
    assert asyncio.run(adapter.count()) == 160
    assert len(asyncio.run(adapter.query(Query(text="x", limit=1000)))) == 150
    assert len(asyncio.run(adapter.query(Query(text="y", limit=1000)))) == 10
