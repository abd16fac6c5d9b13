"""`counters`: every increment counts, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.other_process import other_process

COUNTERS = Capability.COUNTERS


@check(COUNTERS)
async def begin_at_zero(bench: Bench) -> None:
    """A counter that is not there is 0, and the first increment makes it.

    If this fails, check what an increment of nothing gives.
    """
    store = bench.open()
    bench.equal(await store.counter("c"), 0, "counter")
    bench.equal(await store.increment("c"), 1, "increment")
    bench.equal(await store.increment("c", 5), 6, "increment by 5")
    bench.equal(await store.increment("c", -7), -1, "increment by -7")
    bench.equal(await store.increment("c", 0), -1, "increment by 0")
    bench.equal(await store.counter("c"), -1, "counter")
    for name in ("C", "c ", "c:1", "c*", "{c}"):
        bench.equal(await store.counter(name), 0, f"the counter {name!r}")
        bench.equal(await store.increment(name, 10), 10, f"increment of {name!r}")
    bench.equal(await store.counter("c"), -1, "counter, after increments of others")


@check(COUNTERS)
async def lose_no_increment(bench: Bench) -> None:
    """Of increments at once every one counts, and each is told another value, also where each has a TTL to set.

    If this fails, check that reading and writing are one step.
    """
    store = bench.open()
    for name, ttl in (("c", None), ("d", 600.0)):
        told = await asyncio.gather(*(store.increment(name, ttl=ttl) for _ in range(200)))
        bench.equal(sorted(told), list(range(1, 201)), f"what the increments gave with ttl={ttl}")
        bench.equal(await store.counter(name), 200, "counter")


@check(COUNTERS)
async def end_with_their_ttl(bench: Bench) -> None:
    """A counter made with a TTL is gone when that has passed since it was made; later increments do not move it.

    If this fails, check that the TTL is set by the increment that makes the counter, in the same step, and only there.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.8)
    await store.increment("c", ttl=0.8)
    await bench.pass_time(0.4)
    value = await store.increment("c", ttl=60.0)
    bench.still_before(end)
    bench.equal(value, 2, "an increment after 0.4 s")
    await bench.pass_time(0.45)
    bench.equal(await store.counter("c"), 0, "counter after 0.85 s")
    bench.equal(await store.increment("c"), 1, "an increment after 0.85 s")
    bench.equal(await store.increment("c", ttl=0.5), 2, "one with a TTL, of a counter without one")
    await bench.pass_time(0.85)
    bench.equal(await store.counter("c"), 2, "one without a TTL, later")


@check(COUNTERS)
async def keep_their_ttl_at_zero(bench: Bench) -> None:
    """A counter that came back to 0 is there still: the TTL of the next increment does not move its end.

    If this fails, check for a 0 that is taken for no counter (`if not value`).
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.3)
    for name, ttl in (("short", 0.3), ("endless", None)):
        await store.increment(name, 3, ttl=ttl)
        bench.equal(await store.increment(name, -3), 0, f"increment of {name!r} back to 0")
    value = await store.increment("short", ttl=60.0)
    bench.still_before(end)
    bench.equal(value, 1, "an increment after it")
    await store.increment("endless", ttl=0.3)
    await bench.pass_time(0.4)
    bench.equal(await store.counter("short"), 0, "the counter made for 0.3 s, after 0.4 s")
    bench.equal(await store.counter("endless"), 1, "the counter made without a TTL, after 0.4 s")


@check(COUNTERS)
async def can_be_reset(bench: Bench) -> None:
    """`reset` deletes a counter, with its TTL, and says whether there was one.

    If this fails, check that nothing of the old one is left.
    """
    store = bench.open()
    bench.equal(await store.reset("c"), False, "reset of nothing")
    await store.increment("c", 3, ttl=0.3)
    bench.equal(await store.reset("c"), True, "reset")
    bench.equal(await store.counter("c"), 0, "counter")
    await store.increment("c")
    await bench.pass_time(0.35)
    bench.equal(await store.counter("c"), 1, "a new one without a TTL, later")


@check(COUNTERS)
async def are_whole_numbers_of_64_bits(bench: Bench) -> None:
    """A counter is exact from -2**63 to 2**63 - 1; one that leaves the range is InvalidInput and changes nothing.

    If this fails, check for floats, which are exact to 2**53 only, and for what the store does when a number overflows.
    """
    store, highest = bench.open(), 2**63 - 1
    bench.equal(await store.increment("c", 2**53), 2**53, "increment by 2**53")
    bench.equal(await store.increment("c"), 2**53 + 1, "increment")
    bench.equal(await store.increment("c", highest - 2**53 - 1), highest, "increment to the highest")
    await bench.refuses(store.increment("c"), InvalidInput)
    bench.equal(await store.counter("c"), highest, "counter")
    bench.equal(await store.increment("d", -(2**63)), -(2**63), "increment to the lowest")
    await bench.refuses(store.increment("d", -1), InvalidInput)
    bench.equal(await store.counter("d"), -(2**63), "counter")
    for name, value in (("e", 5), ("f", -5)):
        await store.increment(name, value)
        await bench.refuses(store.increment(name, highest if value > 0 else -highest), InvalidInput)
        bench.equal(await store.counter(name), value, "counter, after one that would have led far out of the range")


@check(COUNTERS)
async def are_no_entries(bench: Bench) -> None:
    """A counter and an entry of one name do not meet, and a clear, which is about entries, leaves counters.

    If this fails, check that counters lie under keys of their own.
    """
    store, entry = bench.open(), bench.entry("c")
    await store.save(entry)
    await store.increment("c", 5)
    bench.equal(await store.get("c"), entry, "get")
    bench.equal(await store.count(), 1, "count")
    bench.equal(set(await bench.scanned(store)), {"c"}, "scan")
    await store.delete("c")
    bench.equal(await store.counter("c"), 5, "counter")
    await store.clear()
    bench.equal(await store.counter("c"), 5, "counter after a clear of the entries")


@check(COUNTERS, settings=["namespace"])
async def are_the_namespaces_own(bench: Bench) -> None:
    """Two namespaces have each their own counters.

    If this fails, check that the key of a counter begins with the namespace.
    """
    mine, theirs = bench.open(f"{bench.namespace}1", called="mine"), bench.open(f"{bench.namespace}10", called="theirs")
    await mine.increment("c", 5)
    bench.equal(await theirs.counter("c"), 0, "theirs")
    await theirs.increment("c", 7)
    await theirs.reset("c")
    bench.equal(await mine.counter("c"), 5, "mine")


@check(COUNTERS)
def count_as_numbers_do(bench: Bench) -> None:
    """Any sequence of increments and resets, of any names, gives what arithmetic gives.

    If this fails, check names that become keys, and large or negative numbers.
    """

    async def example(steps: list[tuple[str, int | None]]) -> None:
        store = await bench.empty()
        expected: dict[str, int] = {}
        for name, by in steps:
            if by is None:
                bench.equal(await store.reset(name), expected.pop(name, None) is not None, "reset")
            else:
                expected[name] = expected.get(name, 0) + by
                bench.equal(await store.increment(name, by), expected[name], "increment")
        for name, _ in steps:
            bench.equal(await store.counter(name), expected.get(name, 0), "counter")

    names = st.sampled_from(["a", "b", "a:b", "*", "é"])
    bench.for_all(example, st.lists(st.tuples(names, st.one_of(st.none(), st.integers(-(2**40), 2**40))), max_size=12))


_BAD: dict[str, dict[str, Any]] = {
    "no_name": {"name": ""},
    "a_ttl_of_zero": {"name": "c", "ttl": 0.0},
    "a_fraction": {"name": "c", "by": 1.5},
}


@check(COUNTERS, each=_BAD)
async def refuse(bench: Bench, arguments: dict[str, Any]) -> None:
    """An argument that makes no sense is InvalidInput, and nothing is counted.

    If this fails, check the arguments before the store is asked.
    """
    store = bench.open()
    await bench.refuses(store.increment(**arguments), InvalidInput)
    bench.equal(await store.counter("c"), 0, "counter")


@check(COUNTERS, Capability.SHARED)
def are_the_same_in_every_process(bench: Bench) -> None:
    """Two processes that count at once lose nothing.

    If this fails, check that the store adds, and not the process.
    """
    store = bench.open()
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        for _ in range(20):
            process.call("increment", "c")
            bench.run(store.increment("c"))
        bench.equal(process.call("counter", "c"), 40, "counter in the other process")
    bench.equal(bench.run(store.counter("c")), 40, "counter")
