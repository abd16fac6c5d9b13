"""``axon.sync.MemorySystem``: the same verbs without ``await``, from anywhere, ending cleanly."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import signal
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import pytest

from axon import AxonError, Filter, MemoryConfig, Ranking, SessionPolicy
from axon import MemorySystem as AsyncMemorySystem
from axon.adapters.memory import InMemoryAdapter
from axon.coordination import activity, cached, flag, limiter, locking
from axon.core.errors import Closed, EntryNotFound, InvalidInput
from axon.sync import MemorySystem
from axon.sync import activity as sync_activity
from axon.sync import cached as sync_cached
from axon.sync import flag as sync_flag
from axon.sync import limiter as sync_limiter
from axon.sync import locking as sync_locking
from axon.testing import HashEmbedder

CONFIG = MemoryConfig(session=SessionPolicy())


@pytest.fixture
def memory():
    with MemorySystem(CONFIG) as made:
        yield made


def public(cls):
    return {name: value for name, value in inspect.getmembers(cls) if not name.startswith("_")}


class TestTheSameVerbs:
    NAMES = {"aclose": "close"}  # noqa: RUF012
    PLAIN = {("once_result", "function"), ("warm", "items")}  # noqa: RUF012  # are async there, and plain here

    @pytest.mark.parametrize("name", public(AsyncMemorySystem))
    def test_every_public_name_with_the_same_parameters(self, name):
        here, there = public(MemorySystem)[self.NAMES.get(name, name)], public(AsyncMemorySystem)[name]
        if callable(there):
            parameters = [self.parameters(method, name) for method in (here, there)]
            assert parameters[0] == parameters[1]
        assert not inspect.iscoroutinefunction(here)

    def parameters(self, method, name):
        return {
            parameter.name: parameter.replace(annotation="") if (name, parameter.name) in self.PLAIN else parameter
            for parameter in inspect.signature(method).parameters.values()
        }

    @pytest.mark.parametrize(
        ("here", "there"),
        [
            (sync_limiter.Limiter, limiter.Limiter),
            (sync_activity.Activity, activity.Activity),
            (sync_flag.Flag, flag.Flag),
            (sync_locking.Locking, locking.Locking),
            (sync_cached.CachedFunction, cached.CachedFunction),
        ],
        ids=lambda kind: kind.__module__,
    )
    def test_what_the_verbs_give_has_the_same_methods(self, here, there):
        assert public(here).keys() == public(there).keys()
        for name, method in public(there).items():
            if callable(method):
                assert self.parameters(public(here)[name], name) == self.parameters(method, name)
            assert not inspect.iscoroutinefunction(public(here)[name])

    def test_no_name_of_its_own(self):
        attributes = {"config", "middleware"}  # of each system there, properties here
        assert set(public(MemorySystem)) - attributes == {
            self.NAMES.get(name, name) for name in public(AsyncMemorySystem)
        }

    def test_the_same_constructor(self):
        assert inspect.signature(MemorySystem) == inspect.signature(AsyncMemorySystem)

    def test_the_same_attributes(self, memory):
        config = MemoryConfig(session=SessionPolicy(), middleware=["metrics"])
        with MemorySystem(config) as other:
            assert other.config is config
            other.store("x")
            assert other.middleware[0].metrics
        assert memory.middleware == ()


def test_all_verbs(memory, tmp_path):
    entry_id = memory.store("a quick note", tags=["t"], user_id="u")
    first, second = memory.store_many(["another note", {"text": "third", "importance": 0.6}])
    assert [entry.id for entry in memory.recall("quick")] == [entry_id]
    assert memory.get(entry_id).tags == {"t"}
    assert [entry and entry.text for entry in memory.get_many([second, "none"])] == ["third", None]
    assert memory.update(first, text="changed").text == "changed"
    assert memory.count() == 3
    assert memory.count(Filter(user_id="u")) == 1
    assert {entry.id for entry in memory.scan()} == {entry_id, first, second}
    assert [entry.id for entry in memory.scan(filter=Filter(tags=["t"]))] == [entry_id]
    assert memory.health()["session"].status == "ok"
    assert memory.tiers == ("session",)
    assert isinstance(memory.tier("session"), InMemoryAdapter)
    assert memory.forget(entry_id) == 1
    assert memory.clear("session") == 2
    assert repr(memory) == "<MemorySystem session=memory>"
    path = tmp_path / "axon.toml"
    path.write_text("[session]")
    with MemorySystem.from_file(path, namespace="mine", env={}) as other:
        assert other.config.namespace == "mine"


def test_errors_are_the_same(memory):
    with pytest.raises(InvalidInput, match="text is empty"):
        memory.store("")
    with pytest.raises(EntryNotFound):
        memory.update("none", text="x")
    with pytest.raises(InvalidInput):
        list(memory.scan(tier="sesion"))
    memory.close()
    memory.close()
    with pytest.raises(Closed):
        memory.store("x")


def test_threads(memory):
    def work(number):
        ids = [memory.store(f"note {number}", tags=[str(number)]) for _ in range(20)]
        assert {entry.id for entry in memory.recall(filter=Filter(tags=[str(number)]))} == set(ids)
        return len(ids)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(16))) == 320
    assert memory.count() == 320


def test_within_a_running_loop_as_in_a_notebook(memory):
    async def cell():
        memory.store("from a cell")
        return memory.recall("cell")

    assert len(asyncio.run(cell())) == 1


def test_not_from_its_own_loop(memory):
    async def middleware(call, proceed):
        memory.count()
        return await proceed(call)

    says = r"cannot be called from its own loop; await axon\.MemorySystem there"
    with MemorySystem(CONFIG, middleware=[middleware]) as inner, pytest.raises(RuntimeError, match=says):
        inner.store("x")


def test_a_scan_that_is_left_early(memory):
    memory.store_many(["note"] * 10)
    entries = memory.scan()
    next(entries)
    entries.close()
    assert memory.count() == 10


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", dedent(code)],
        capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip


START = """
from axon import MemoryConfig, SessionPolicy
from axon.sync import MemorySystem
memory = MemorySystem(MemoryConfig(session=SessionPolicy()))
memory.store_many(["note"] * 3)
"""


@pytest.mark.parametrize(
    "rest",
    [
        "print(memory.count())",
        "with memory: print(memory.count())",
        "entries = memory.scan(); next(entries); print(memory.count())",
        "import threading; t = threading.Thread(target=lambda: print(memory.count())); t.start(); t.join()",
        "memory.close(); print(3)",
        "print(memory.count()); del memory",
    ],
)
def test_a_process_ends_cleanly(rest):
    done = run(START + rest)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("3", "", 0)


@pytest.mark.parametrize("rest", ["", "del memory, memories; import gc; gc.collect(); print('dropped')"])
def test_what_fails_to_close_at_exit_keeps_nobody_else_from_it(rest):
    done = run(
        dedent(
            """
            import sys
            from types import ModuleType
            from axon import MemoryConfig, SessionPolicy
            from axon.adapters.memory import InMemoryAdapter
            from axon.core.registry import Registry
            from axon.spi import AdapterSpec, hookimpl
            from axon.sync import MemorySystem

            class Store(InMemoryAdapter):
                made = 0
                def __init__(self):
                    super().__init__()
                    Store.made += 1
                    self.number = Store.made
                async def close(self):
                    print("closed", flush=True)
                    raise OSError("gone")

            class Plugin:
                @hookimpl
                def axon_adapters(self):
                    return [AdapterSpec(name="s", target="m:Store", capabilities=["ttl"])]

            module = sys.modules["m"] = ModuleType("m")
            module.Store = Store
            registry = Registry(entry_points=[])
            registry.register(Plugin())
            config = MemoryConfig(session=SessionPolicy(adapter_type="s"))
            memories = [MemorySystem(config, registry=registry) for _ in range(3)]
            for memory in memories:
                memory.count()
            """
        )
        + rest
    )
    assert (done.stdout.split(), done.stderr) == (["dropped"] * bool(rest) + ["closed"] * 3, "")


def test_what_holds_memory_alone_is_let_go_of_with_its_system():
    system = MemorySystem(MemoryConfig(session=SessionPolicy()))
    system.store("x")
    adapter = weakref.ref(system.tier("session"))
    del system
    gc.collect()
    assert adapter() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_a_fork():
    done = run(
        START
        + """
import os, warnings
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    memory.store("of the child")
    print("child", memory.count(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", memory.count())
"""
    )
    assert (done.stdout.split(), done.stderr) == (["child", "4", "parent", "3"], "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_the_wait_and_the_call():
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            dedent(
                """
                import asyncio
                from axon import MemoryConfig, SessionPolicy
                from axon.adapters.memory import InMemoryAdapter
                from axon.sync import MemorySystem

                class Slow(InMemoryAdapter):
                    async def query(self, query):
                        print("waiting", flush=True)
                        try:
                            await asyncio.Event().wait()
                        except asyncio.CancelledError:
                            print("cancelled", flush=True)
                            raise

                memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": Slow()})
                try:
                    memory.recall("x")
                except KeyboardInterrupt:
                    print("interrupted", memory.count(), flush=True)
                """
            ),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert sorted(out.splitlines()) == ["cancelled", "interrupted 0"]
    assert (err, process.returncode) == ("", 0)


def test_systems_share_one_thread(memory):
    with MemorySystem(CONFIG) as other:
        memory.count()
        other.count()
        assert [thread.name for thread in threading.enumerate()].count("axon-sync") == 1


def test_the_base_of_all_errors_is_ours(memory):
    with pytest.raises(AxonError):
        memory.recall(5)


def test_recall_with_context_ranking_and_explanations():
    with MemorySystem(CONFIG, embedder=HashEmbedder()) as memory:
        memory.store_many(["Where is the key?", "Under the pot"], session_id="s")
        found = memory.recall("key", context=1, ranking=Ranking(recency=0.1), explain=True)
        assert [entry.text for entry in found] == ["Where is the key?", "Under the pot"]
        assert [factor.name for factor in found[1].explanation.factors] == ["context", "recency"]
