"""``python -m benchmarks.profile [NAME ...]``: where the time of the hot paths goes, as a table and a picture.

By cProfile, which counts every call and costs each about the same: what makes many small calls looks dearer than it
is. (py-spy says less here: it stops a process most often where it asks the system for something, which
``asyncio.get_running_loop`` does, and so finds nearly all of the time there.)
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from time import monotonic

FOLDER = Path(__file__).parents[1] / ".benchmarks" / "profiles"
SECONDS = 5
TASKS = 64
_ENTRIES = 10_000
_SHOWN = 20


async def get_from_redis(profiler: cProfile.Profile) -> None:
    """Gets by 64 tasks of entries with six terms."""
    from tests.support.redis_servers.server import Server

    from axon.adapters.redis import RedisAdapter
    from benchmarks import redis_speed
    from benchmarks.texts import Texts

    with Server() as server:
        adapter = RedisAdapter(port=server.port, text_index=False)
        entries = redis_speed.entries(_ENTRIES, texts_of=Texts(1).sentences(1000))
        await adapter.save_many(entries)
        await _repeated(profiler, lambda number: adapter.get(entries[number % _ENTRIES].id), TASKS)
        await adapter.close()


async def save_to_redis(profiler: cProfile.Profile) -> None:
    """Saves by 64 tasks of entries with six terms and thirty words."""
    from tests.support.redis_servers.server import Server

    from axon.adapters.redis import RedisAdapter
    from benchmarks import redis_speed
    from benchmarks.texts import Texts

    with Server() as server:
        adapter = RedisAdapter(port=server.port)
        entries = redis_speed.entries(_ENTRIES, texts_of=Texts(1).sentences(1000))
        await _repeated(profiler, lambda number: adapter.save(entries[number % _ENTRIES]), TASKS)
        await adapter.close()


async def recall_from_memory(profiler: cProfile.Profile) -> None:
    """Recalls by three words, ten hits each, from a system with 100,000 entries."""
    from axon import MemoryConfig, MemorySystem, SessionPolicy
    from axon.adapters.memory import InMemoryAdapter
    from benchmarks import texts
    from benchmarks.texts import Texts

    adapter = InMemoryAdapter()
    await adapter.save_many(texts.entries(100_000))
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})
    asked = Texts(7)
    questions = [asked.words(3) for _ in range(500)]
    await _repeated(profiler, lambda number: memory.recall(questions[number % len(questions)], k=10), 1)


PATHS: dict[str, Callable[[cProfile.Profile], Coroutine[None, None, None]]] = {
    path.__name__: path for path in (get_from_redis, save_to_redis, recall_from_memory)
}


async def _repeated(profiler: cProfile.Profile, call: Callable[[int], Awaitable[object]], tasks: int) -> None:
    """Again and again by so many tasks, for some seconds."""
    end, number = monotonic() + SECONDS, 0

    async def work() -> None:
        nonlocal number
        while monotonic() < end:
            number += 1
            await call(number)

    profiler.enable()
    await asyncio.gather(*(work() for _ in range(tasks)))
    profiler.disable()


def _profiled(name: str) -> pstats.Stats:
    """The calls of one path, without what came before its first call."""
    profiler = cProfile.Profile()
    asyncio.run(PATHS[name](profiler))
    return pstats.Stats(profiler)


def _rows(stats: pstats.Stats) -> list[tuple[str, float, float, float]]:
    """The functions by their own time: the name, its share, that with what it calls, and calls of it for each."""
    whole = stats.total_tt
    every = stats.stats.items()
    most = sorted(every, key=lambda item: -item[1][2])[:_SHOWN]
    return [(_named(where), own / whole, deep / whole, calls) for where, (_, calls, own, deep, _) in most]


def _named(where: tuple[str, int, str]) -> str:
    file, _, function = where
    if file == "~":  # not written in Python
        return function.strip("<>").replace("built-in method ", "").replace("method ", "")
    path = Path(file)
    return f"{function} ({path.parent.name}/{path.name})"


def _draw(name: str, rows: list[tuple[str, float, float, float]], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    picture, axis = plt.subplots(figsize=(9, 5), layout="constrained")
    shown = rows[::-1]
    axis.barh([row[0] for row in shown], [row[2] * 100 for row in shown], color="#a3d9a5", label="with what it calls")
    axis.barh([row[0] for row in shown], [row[1] * 100 for row in shown], color="#0b6e4f", label="alone")
    axis.set_xlabel("per cent of the time")
    axis.set_title(f"{name}: {_about(name)}", fontsize=10)
    axis.tick_params(axis="y", labelsize=8)
    axis.legend(frameon=False)
    picture.savefig(file)
    plt.close(picture)


def _about(name: str) -> str:
    return (PATHS[name].__doc__ or "").strip()


def profile(name: str) -> None:
    """Print the table of one path, and write its picture and all that was counted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"\n{name}: {_about(name)}", flush=True)
    stats = _profiled(name)
    rows = _rows(stats)
    print(f"{'alone':>7} {'with calls':>11} {'calls':>12}")
    for function, own, deep, calls in rows:
        print(f"{own:7.1%} {deep:11.1%} {calls:12,}  {function}")
    picture, counted = FOLDER / f"{name}.svg", FOLDER / f"{name}.prof"
    _draw(name, rows, picture)
    stats.dump_stats(counted)
    root = Path(__file__).parents[1]
    print(f"As a picture: {picture.relative_to(root)}; for pstats or snakeviz: {counted.relative_to(root)}")


if __name__ == "__main__":
    for unknown in (path for path in sys.argv[1:] if path not in PATHS):
        sys.exit(f"there is no path {unknown!r}; there are: {', '.join(PATHS)}")
    for path in sys.argv[1:] or PATHS:
        profile(path)
