"""Limits, activities, flags and warming without ``await``, from several threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sync_store import CONFIG

from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import (
    CapabilityError,
    Closed,
    InvalidInput,
    WrongType,
)
from axon.sync import MemorySystem


def test_limits_and_activities_from_several_threads(memory):
    limiter = memory.limit("mail", 20, per=60)
    activity = memory.activity("mail", within=60)
    assert (limiter.name, limiter.limit, limiter.per, activity.name, activity.within) == ("mail", 20, 60, "mail", 60)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limiter.acquire("ada", weight=2), range(50)))
        assert sorted(pool.map(lambda _: activity.record(), range(50))) == list(range(1, 51))
    assert sum(answer.allowed for answer in answers) == 10
    assert (limiter.used("ada"), limiter.used(), activity.count()) == (20, 0, 50)
    assert [(use.name, use.key, use.used) for use in memory.limits()] == [("mail", "ada", 20)]


def test_once_and_flags(memory, clock):
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: memory.once("a", ttl=60), range(40))) == 1
    flag = memory.flag("maintenance")
    assert (flag.name, flag.read(), flag.read("off")) == ("maintenance", False, "off")
    flag.set([1, 2], ttl=5)
    assert memory.flag("maintenance").read() == [1, 2]
    clock.now += 5
    assert flag.clear() is False
    flag.set()
    assert (flag.read(), flag.clear(), flag.read()) == (True, True, False)


def test_warm_takes_its_items_in_the_thread_of_the_caller(memory):
    threads, steps = set(), []

    def items():
        for number in range(5):
            threads.add(threading.current_thread())
            memory.count()  # a source may use the memory itself
            yield f"note {number}"

    assert memory.warm(items(), batch=2, ttl=1000, progress=lambda *step: steps.append(step)) == 5
    assert memory.warm(["a", "b"], progress=lambda *step: steps.append(step)) == 2
    assert (threads, steps) == ({threading.current_thread()}, [(2, None), (4, None), (5, None), (2, 2)])
    assert memory.count() == 7
    for wrong in ("a text", 5):
        with pytest.raises(WrongType, match="warm takes several items"):
            memory.warm(wrong)


def test_errors_are_the_same(memory):
    with pytest.raises(CapabilityError):
        MemorySystem(CONFIG, adapters={"ephemeral": Plain()}).lock("door")
    with pytest.raises(InvalidInput):
        memory.once("a", ttl=0)
    memory.close()
    with pytest.raises(Closed):
        memory.lock("door")


class Plain(InMemoryAdapter):
    """Cannot lock."""

    lock = None
