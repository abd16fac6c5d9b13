"""`values`: bytes by name, each for a limited time, compared and changed in one step."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.cancelling import MOST_AWAITS, cancelled_at
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.other_process import other_process

VALUES = Capability.VALUES
_CONTENDERS = 64
_LONGEST_S = 1000 * 365 * 86_400

_BYTES: dict[str, bytes] = {
    "nothing": b"",
    "a_nul": b"\0",
    "text": "Straße 🦊\r\n".encode(),
    "no_text": b"\xff\xfe\xc3(\x80",
    "every_byte": bytes(range(256)),
    "a_number": b"007",
    "a_long_number": b"18446744073709551616",
    "none": b"None",
    "json": b'{"a": null}',
    "a_pickle": b"\x80\x05N.",
    "a_mebibyte": bytes(range(256)) * 4096,
}


@check(VALUES, each=_BYTES)
async def come_back(bench: Bench, value: bytes) -> None:
    """A value is any bytes, also none at all, and comes back as what it was, until it is dropped.

    If this fails, check for an encoding, a length in a column, and a test for truth where `is None` is meant.
    """
    store = bench.open()
    await store.put("n", value, ttl=60.0)
    found = await store.values(["n"])
    bench.equal(found, [value], "values")
    bench.true(type(found[0]) is bytes, f"a {type(found[0]).__name__}", "bytes")
    bench.equal(await store.swap("n", value + b"x", b"other", ttl=60.0), False, "swap of another value")
    bench.equal(await store.swap("n", value, b"other", ttl=60.0), True, "swap of this value")
    bench.equal(await store.swap("n", b"other", value, ttl=60.0), True, "swap back")
    bench.equal(await store.values(["n"]), [value], "values after the swaps")
    bench.equal(await store.drop("n"), True, "drop")
    bench.equal(await store.values(["n"]), [None], "values after the drop")
    bench.equal(await store.drop("n"), False, "drop once more")
    bench.equal(await store.swap("n", None, value, ttl=60.0), True, "swap of nothing for it")
    bench.equal(await store.swap("n", None, b"other", ttl=60.0), False, "swap of nothing where it is")
    bench.equal(await store.swap("n", value, None), True, "swap of it for nothing")
    bench.equal(await store.values(["n"]), [None], "values after that swap")


@check(VALUES)
async def types_of_what_comes_back(bench: Bench) -> None:
    """`put` gives None, `swap` and `drop` give a bool, and `values` a list, which is the caller's own.

    If this fails, check what the driver answers: a number of rows, OK, or a list that the adapter goes on with.
    """
    store = bench.open()
    answers = {
        "put": await store.put("n", b"x", ttl=60.0),
        "swap": await store.swap("n", b"x", b"y", ttl=60.0),
        "swap of another value": await store.swap("n", b"x", b"y", ttl=60.0),
        "drop": await store.drop("n"),
        "drop of nothing": await store.drop("n"),
    }
    expected = dict(zip(answers, (None, True, False, True, False), strict=True))
    for what, answer in answers.items():
        bench.true(answer is expected[what], f"{what}: {answer!r}", f"{expected[what]}")
    await store.put("n", b"x", ttl=60.0)
    found = await store.values(["n"])
    bench.true(type(found) is list, f"a {type(found).__name__}", "a list")
    found.append(b"mine")
    bench.equal(await store.values(["n"]), [b"x"], "values, after the list of before was changed")


@check(VALUES)
async def answer_in_the_order_of_the_names(bench: Bench) -> None:
    """`values` answers each name in its place: None where there is nothing, twice what is asked for twice.

    If this fails, check for a set or a dictionary of names, and for answers in the order of the store.
    """
    store = bench.open()
    for name in "cab":
        await store.put(name, name.encode(), ttl=60.0)
    asked = ["b", "none", "a", "b", "c", "none", "a"]
    bench.equal(await store.values(asked), [b"b", None, b"a", b"b", b"c", None, b"a"], "values")
    bench.equal(await store.values(tuple(asked[:3])), [b"b", None, b"a"], "values of a tuple")
    bench.equal(await store.values([]), [], "values of no names")
    bench.equal(await store.values(["none"]), [None], "values of a name that has none")


@check(VALUES)
async def of_many_names_are_told_at_once(bench: Bench) -> None:
    """`values` takes thousands of names.

    If this fails, check for a limit of the driver on arguments, and for pieces that are put together wrongly.
    """
    store = bench.open()
    names = [f"n{number}" for number in range(3001)]
    await asyncio.gather(*(store.put(name, name.encode(), ttl=60.0) for name in names[::20]))
    expected = [None if number % 20 else name.encode() for number, name in enumerate(names)]
    bench.equal(await store.values(names), expected, "values")


@check(VALUES)
async def are_overwritten_with_their_ttl(bench: Bench) -> None:
    """A `put` replaces the value and its TTL, be the new one longer or shorter, whatever there was.

    If this fails, check that a put sets the TTL anew, and leaves no timer of the old one.
    """
    store = bench.open()
    await store.put("longer", b"old", ttl=0.3)
    await store.put("shorter", b"old", ttl=60.0)
    await store.put("longer", b"new", ttl=60.0)
    await store.put("shorter", b"new", ttl=0.3)
    bench.equal((await store.values(["longer"])), [b"new"], "values")
    await bench.pass_time(0.35)
    bench.equal(await store.values(["longer", "shorter"]), [b"new", None], "values after 0.35 s")


@check(VALUES)
async def are_put_by_one_where_there_is_none(bench: Bench) -> None:
    """Of 100 swaps of nothing for a value at once exactly one succeeds, and its value is what is there.

    If this fails, check that looking and writing are one step of the store.
    """
    store = bench.open()
    answers = await asyncio.gather(*(store.swap("n", None, b"%d" % n, ttl=60.0) for n in range(100)))
    bench.equal(answers.count(True), 1, "how many succeeded")
    bench.equal(await store.values(["n"]), [b"%d" % answers.index(True)], "values")


@check(VALUES)
async def are_removed_by_one(bench: Bench) -> None:
    """Of 100 swaps of a value for nothing at once exactly one succeeds, and so it is with drops.

    If this fails, check that looking and removing are one step of the store.
    """
    store = bench.open()
    removals: dict[str, Callable[[], Awaitable[bool]]] = {
        "swaps for nothing": lambda: store.swap("n", b"x", None),
        "drops": lambda: store.drop("n"),
    }
    for what, remove in removals.items():
        await store.put("n", b"x", ttl=60.0)
        answers = await asyncio.gather(*(remove() for _ in range(100)))
        bench.equal(answers.count(True), 1, f"how many {what} succeeded")
        bench.equal(await store.values(["n"]), [None], "values")


@check(VALUES)
async def lose_no_swap(bench: Bench) -> None:
    """64 tasks that each add one to a number, by swaps until one succeeds, lose none; each needs 64 at the most.

    If this fails, check that comparing and writing are one step, and that a swap fails only where another came first.
    """
    store = bench.open()
    await store.put("n", b"0", ttl=60.0)

    async def add() -> None:
        for _ in range(_CONTENDERS):
            (value,) = await store.values(["n"])
            bench.true(value is not None, "no value", "a number")
            await asyncio.sleep(0)  # an adapter that never waits would have no contenders
            if await store.swap("n", value, b"%d" % (int(value) + 1), ttl=60.0):
                return
        bench.true(False, f"{_CONTENDERS} swaps that failed", "one that succeeds: the others succeed once each")

    await asyncio.gather(*(add() for _ in range(_CONTENDERS)))
    bench.equal(await store.values(["n"]), [b"%d" % _CONTENDERS], "values")


@check(VALUES)
async def are_swapped_where_they_are_equal(bench: Bench) -> None:
    """A swap succeeds where the value is the old one, to the byte, and nothing is the old value where there is none.

    If this fails, check the comparison: not without case, not cut at a NUL, not as a number, not as text.
    """
    store = bench.open()
    pairs = [(b"a", b"A"), (b"a", b"a "), (b"a", b"ab"), (b"a\0b", b"a\0c"), (b"1", b"01"), (b"1", b"1.0")]
    pairs += [(b"", b"\0"), (b"\xff", b"\xfe"), (b"None", b""), ("é".encode(), "e\u0301".encode())]
    for value, other in [*pairs, *((two, one) for one, two in pairs)]:
        await store.put("n", value, ttl=60.0)
        bench.equal(await store.swap("n", other, b"new", ttl=60.0), False, f"swap of {other!r} where {value!r} is")
        bench.equal(await store.swap("n", other, None), False, f"swap of {other!r} for nothing where {value!r} is")
        bench.equal(await store.swap("n", None, b"new", ttl=60.0), False, f"swap of nothing where {value!r} is")
        bench.equal(await store.swap("n", None, None), False, f"swap of nothing for nothing where {value!r} is")
        bench.equal(await store.values(["n"]), [value], "values")
        bench.equal(await store.swap("n", value, b"new", ttl=60.0), True, f"swap of {value!r}")
        bench.equal(await store.values(["n"]), [b"new"], "values")
    bench.equal(await store.swap("none", b"", b"new", ttl=60.0), False, "swap of an empty value where there is none")
    bench.equal(await store.swap("none", b"x", None), False, "swap of a value for nothing where there is none")
    bench.equal(await store.swap("none", None, None), True, "swap of nothing for nothing where there is none")
    bench.equal(await store.values(["none"]), [None], "values")


@check(VALUES)
async def are_as_before_after_a_swap_that_fails(bench: Bench) -> None:
    """A swap that fails changes nothing: neither the value nor its TTL, which becomes neither longer nor shorter.

    If this fails, check that the TTL is set with the value, in the same step, and not for whoever asks.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.6)
    for name in ("short", "short too", "short as well"):
        await store.put(name, b"x", ttl=0.6)
    for name in ("long", "long too", "long as well"):
        await store.put(name, b"x", ttl=60.0)
    swapped = [
        await store.swap("short", b"y", b"z", ttl=60.0),
        await store.swap("short too", None, b"z", ttl=60.0),
        await store.swap("short as well", b"y", None),
        await store.swap("long", b"y", b"z", ttl=0.1),
        await store.swap("long too", None, b"z", ttl=0.1),
        await store.swap("long as well", b"y", None),
    ]
    bench.still_before(end)
    bench.equal(swapped, [False] * 6, "swaps of another value")
    bench.equal(await store.values(["long", "long too", "long as well"]), [b"x"] * 3, "values")
    await bench.pass_time(0.65)
    bench.equal(await store.values(["short", "short too", "short as well"]), [None] * 3, "the short ones after 0.65 s")
    bench.equal(await store.values(["long", "long too", "long as well"]), [b"x"] * 3, "the long ones after 0.65 s")


@check(VALUES)
async def are_renewed_by_a_swap(bench: Bench) -> None:
    """A swap that succeeds gives the value its TTL from then on, longer or shorter, also if the value stays the same.

    If this fails, check that a swap sets the TTL anew: it keeps none, adds to none and skips none.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.8)
    for name in ("changed", "kept"):
        await store.put(name, b"x", ttl=0.8)
    await store.put("shortened", b"x", ttl=60.0)
    await store.swap("new", None, b"y", ttl=0.8)
    await bench.pass_time(0.3)
    swapped = [
        await store.swap("changed", b"x", b"y", ttl=60.0),
        await store.swap("kept", b"x", b"x", ttl=60.0),
        await store.swap("shortened", b"x", b"y", ttl=0.5),
    ]
    bench.still_before(end)
    bench.equal(swapped, [True] * 3, "swaps after 0.3 s")
    await bench.pass_time(0.55)
    found = await store.values(["changed", "kept", "shortened", "new"])
    bench.equal(found, [b"y", b"x", None, None], "values after 0.85 s")


@check(VALUES, each={"zero": 0.0, "negative": -1.0, "not_a_number": math.nan, "infinite": math.inf})
async def are_removed_whatever_the_ttl(bench: Bench, ttl: float) -> None:
    """A swap for nothing does not look at `ttl`: where nothing is put, nothing has to end.

    If this fails, check that `ttl` is checked where there is a new value, and only there.
    """
    store = bench.open()
    await store.put("n", b"x", ttl=60.0)
    bench.equal(await store.swap("n", b"y", None, ttl=ttl), False, "swap of another value for nothing")
    bench.equal(await store.swap("n", b"x", None, ttl=ttl), True, "swap for nothing")
    bench.equal(await store.swap("n", None, None, ttl=ttl), True, "swap of nothing for nothing")
    bench.equal(await store.values(["n"]), [None], "values")


@check(VALUES)
async def end_with_their_ttl(bench: Bench) -> None:
    """A value is there until its TTL is over, below the second, and absent from then on for every verb.

    If this fails, check that a value is written with its TTL in one step, and in fractions of a second.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.7)
    names = ["read", "dropped", "swapped", "removed", "put where there is none"]
    for name in names:
        await store.put(name, b"x", ttl=0.7)
    await bench.pass_time(0.4)
    found = await store.values(names)
    bench.still_before(end)
    bench.equal(found, [b"x"] * len(names), "values after 0.4 of 0.7 s")
    await bench.pass_time(0.35)
    bench.equal(await store.drop("dropped"), False, "drop of what has expired")
    bench.equal(await store.swap("swapped", b"x", b"y", ttl=60.0), False, "swap of what has expired")
    bench.equal(await store.swap("removed", b"x", None), False, "swap of what has expired for nothing")
    bench.equal(await store.swap("removed", None, None), True, "swap of nothing for nothing")
    bench.equal(
        await store.swap("put where there is none", None, b"new", ttl=60.0), True, "swap of nothing for a value"
    )
    bench.equal(await store.values(names), [None, None, None, None, b"new"], "values after 0.75 s")


@check(VALUES)
async def live_as_short_and_as_long_as_may_be(bench: Bench) -> None:
    """A TTL is from a microsecond to 1000 years: the shortest is soon over, and the longest is no overflow.

    If this fails, check how a TTL is rounded: to 0, which is for ever or an error, or past what the store counts.
    """
    store = bench.open()
    for name in ("short", "swapped"):
        await store.put(name, b"old", ttl=60.0)
    await store.put("short", b"x", ttl=1e-6)
    bench.equal(await store.swap("swapped", b"old", b"x", ttl=1e-6), True, "swap with a TTL of a microsecond")
    bench.equal(await store.swap("new", None, b"x", ttl=1e-6), True, "swap of nothing, with a TTL of a microsecond")
    await store.put("long", b"x", ttl=_LONGEST_S)
    await store.put("whole", b"x", ttl=60)
    await bench.pass_time(0.01)
    names = ["short", "swapped", "new", "long", "whole"]
    bench.equal(await store.values(names), [None, None, None, b"x", b"x"], "values after 0.01 s")
    bench.equal(await store.drop("long"), True, "drop of the one for 1000 years")


@check(VALUES)
async def have_any_names(bench: Bench) -> None:
    """A name is 1 to 1024 characters of any kind, none of which is a pattern, a separator or the same as another one.

    If this fails, check how a name becomes a key: encoded, never cut, normalised, matched or joined.
    """
    store = bench.open()
    names = [*samples.AWKWARD, "x" * 1023 + "y", "y" + "x" * 1023, "🦊" * 1024]
    for number, name in enumerate(names):
        await store.put(name, b"%d" % number, ttl=60.0)
    expected: list[bytes | None] = [b"%d" % number for number in range(len(names))]
    bench.equal(await store.values(names), expected, "values")
    for number, name in enumerate(names):
        if number % 2:
            bench.equal(await store.drop(name), True, f"drop of {name!r}")
            expected[number] = None
        else:
            bench.equal(await store.swap(name, expected[number], b"new", ttl=60.0), True, f"swap of {name!r}")
            expected[number] = b"new"
    bench.equal(await store.values(names), expected, "values after drops and swaps of some")


@check(VALUES)
async def meet_nothing_else_of_their_name(bench: Bench) -> None:
    """A value, an entry, a lock, a counter and a limit of one name do not meet.

    If this fails, check that values lie under keys of their own.
    """
    store, entry = bench.open(), bench.entry("n")
    await store.put("n", b"mine", ttl=60.0)
    await store.save(entry)
    if bench.has(Capability.COUNTERS):
        bench.equal(await store.increment("n", 5, ttl=60.0), 5, "increment")
    if bench.has(Capability.LIMITS):
        bench.equal((await store.allow("n", limit=1, per=60.0)).allowed, True, "allow")
    held = await store.lock("n", ttl=60.0) if bench.has(Capability.LOCKS) else None
    bench.equal(await store.values(["n"]), [b"mine"], "values, beside the others of the name")
    bench.equal(set(await bench.scanned(store)), {"n"}, "scan")
    bench.equal(await store.count(), 1, "count")
    bench.equal(await store.drop("n"), True, "drop")
    bench.equal(await store.get("n"), entry, "get after the drop")
    bench.equal(await store.swap("n", None, b"again", ttl=60.0), True, "swap of nothing for a value")
    if bench.has(Capability.COUNTERS):
        bench.equal(await store.counter("n"), 5, "counter after the drop")
        await store.reset("n")
    if bench.has(Capability.LIMITS):
        bench.equal((await store.allow("n", limit=1, per=60.0)).allowed, False, "allow after the drop")
    if held is not None:
        bench.equal(await store.unlock(held), True, "unlock after the drop")
    await store.delete("n")
    bench.equal(await store.values(["n"]), [b"again"], "values after the others have gone")


@check(VALUES)
async def stay_when_entries_go(bench: Bench) -> None:
    """A clear and a delete of all are about entries, and leave values.

    If this fails, check that nothing deletes by the prefix that all keys of the namespace have.
    """
    store = bench.open()
    await store.put("n", b"x", ttl=60.0)
    await store.save(bench.entry("n"))
    bench.equal(await store.delete_where(Filter()), 1, "delete_where of everything")
    bench.equal(await store.values(["n"]), [b"x"], "values after delete_where")
    await store.save(bench.entry("m"))
    bench.equal(await store.clear(), 1, "clear")
    bench.equal(await store.values(["n"]), [b"x"], "values after the clear")


@check(VALUES, settings=["namespace"])
async def are_the_namespaces_own(bench: Bench) -> None:
    """Two namespaces have each their own values.

    If this fails, check that the key of a value begins with the namespace.
    """
    mine, theirs = bench.open(f"{bench.namespace}1", called="mine"), bench.open(f"{bench.namespace}10", called="theirs")
    await mine.put("n", b"mine", ttl=60.0)
    bench.equal(await theirs.values(["n", "0n", "0:n"]), [None] * 3, "theirs")
    bench.equal(await theirs.drop("n"), False, "drop of theirs")
    bench.equal(await theirs.swap("n", b"mine", b"x", ttl=60.0), False, "swap of theirs")
    bench.equal(await theirs.swap("n", None, b"theirs", ttl=60.0), True, "swap of nothing for theirs")
    bench.equal(await mine.values(["n"]), [b"mine"], "mine")
    bench.equal(await mine.drop("n"), True, "drop of mine")
    bench.equal(await theirs.values(["n"]), [b"theirs"], "theirs after the drop of mine")


@check(VALUES, settings=["namespace"])
async def do_not_meet_in_a_joined_key(bench: Bench) -> None:
    """A namespace and a name do not run into each other: "a" with "b:c" is not "a:b" with "c", whatever the separator.

    If this fails, check how namespace and name become one key: a separator in them must be escaped, or lengths be told.
    """
    for separator in ":/|.-_#@,; {}":
        short, long = f"{bench.namespace}{separator}a", f"{bench.namespace}{separator}a{separator}b"
        mine, theirs = bench.open(short, called="mine"), bench.open(long, called="theirs")
        await mine.put(f"b{separator}c", b"mine", ttl=60.0)
        bench.equal(await theirs.values(["c"]), [None], f"theirs, with {separator!r}")
        await theirs.put("c", b"theirs", ttl=60.0)
        bench.equal(await mine.values([f"b{separator}c"]), [b"mine"], f"mine, with {separator!r}")


@check(VALUES)
def are_what_a_dictionary_with_ends_holds(bench: Bench) -> None:
    """Any sequence of puts, swaps, drops and steps of the clock gives what a dictionary of values and ends gives.

    If this fails, look at the first step that differs: what was there before it, and whether it had ended.
    """
    is_turned = bench.clock.is_turned
    # Real time cannot be told to the microsecond from outside.
    gaps = st.sampled_from([0.0, 0.25, 0.5, 1.0] if is_turned else [0.0])
    ttls = st.sampled_from([0.25, 0.5, 1.0, 60.0] if is_turned else [60.0])
    names = ["a", "b", "a:b", "*", "é"]
    some = st.sampled_from([None, b"", b"x", b"\0"])

    async def example(steps: list[tuple[float, str, str, bytes | None, bytes | None, float]]) -> None:
        store = await bench.empty()
        for name in names:
            await store.drop(name)  # of an example before, where there are no namespaces
        kept: dict[str, tuple[bytes, datetime]] = {}
        for gap, verb, name, old, new, ttl in steps:
            if gap:
                await bench.pass_time(gap)
            now = bench.now()
            kept = {each: pair for each, pair in kept.items() if pair[1] > now}
            there = kept[name][0] if name in kept else None
            if verb == "drop":
                bench.equal(await store.drop(name), there is not None, "drop")
                kept.pop(name, None)
            elif verb == "put":
                await store.put(name, new or b"", ttl=ttl)
                kept[name] = new or b"", now + timedelta(seconds=ttl)
            else:
                bench.equal(await store.swap(name, old, new, ttl=ttl), there == old, f"swap where {there!r} is")
                if there == old:
                    kept.pop(name, None)
                    kept.update({} if new is None else {name: (new, now + timedelta(seconds=ttl))})
            expected = [kept[each][0] if each in kept else None for each in names]
            bench.equal(await store.values(names), expected, f"values of {names}")

    verbs = st.sampled_from(["put", "swap", "swap", "swap", "drop"])
    bench.for_all(
        example, st.lists(st.tuples(gaps, verbs, st.sampled_from(names), some, some, ttls), min_size=1, max_size=12)
    )


_LONG_NAME = "x" * 1025
_BAD: dict[str, Callable[[Any], Coroutine[Any, Any, Any]]] = {
    "a_ttl_of_zero": lambda store: store.put("n", b"x", ttl=0.0),
    "a_ttl_below_zero": lambda store: store.put("n", b"x", ttl=-1.0),
    "a_ttl_that_is_no_number": lambda store: store.put("n", b"x", ttl=math.nan),
    "a_ttl_without_end": lambda store: store.put("n", b"x", ttl=math.inf),
    "a_ttl_of_2000_years": lambda store: store.put("n", b"x", ttl=2.0 * _LONGEST_S),
    "a_ttl_of_text": lambda store: store.put("n", b"x", ttl="60"),
    "a_value_of_text": lambda store: store.put("n", "x", ttl=60.0),
    "a_value_of_a_number": lambda store: store.put("n", 1, ttl=60.0),
    "no_value": lambda store: store.put("n", None, ttl=60.0),
    "an_empty_name": lambda store: store.put("", b"x", ttl=60.0),
    "a_name_with_a_nul": lambda store: store.put("n\0", b"x", ttl=60.0),
    "a_name_that_is_too_long": lambda store: store.put(_LONG_NAME, b"x", ttl=60.0),
    "a_name_of_bytes": lambda store: store.put(b"n", b"x", ttl=60.0),
    "a_swap_without_a_ttl": lambda store: store.swap("n", b"kept", b"x"),
    "a_swap_with_a_ttl_below_zero": lambda store: store.swap("n", b"kept", b"x", ttl=-1.0),
    "a_swap_with_a_ttl_that_is_no_number": lambda store: store.swap("n", b"kept", b"x", ttl=math.nan),
    "a_swap_of_text": lambda store: store.swap("n", "kept", b"x", ttl=60.0),
    "a_swap_for_text": lambda store: store.swap("n", b"kept", "x", ttl=60.0),
    "a_removal_of_text": lambda store: store.swap("n", "kept", None),
    "a_swap_of_no_name": lambda store: store.swap("", None, b"x", ttl=60.0),
    "a_swap_of_a_name_with_a_nul": lambda store: store.swap("n\0", None, b"x", ttl=60.0),
    "one_bad_name_of_several": lambda store: store.values(["n", ""]),
    "a_long_name_of_several": lambda store: store.values(["n", _LONG_NAME]),
    "a_drop_of_no_name": lambda store: store.drop(""),
    "a_drop_of_a_name_with_a_nul": lambda store: store.drop("n\0"),
}


@check(VALUES, each=_BAD)
async def refuse(bench: Bench, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
    """An argument that makes no sense is InvalidInput, or WrongType, which is one, and nothing is changed.

    If this fails, check the arguments before the store is asked.
    """
    store = bench.open()
    await store.put("n", b"kept", ttl=60.0)
    await bench.refuses(act(store), InvalidInput)
    bench.equal(await store.values(["n", "x"]), [b"kept", None], "values")


_ACTS: dict[str, tuple[Callable[[Any], Awaitable[Any]], bytes | None]] = {
    "put": (lambda store: store.put("n", b"new", ttl=60.0), b"new"),
    "swap": (lambda store: store.swap("n", b"old", b"new", ttl=60.0), b"new"),
    "removal": (lambda store: store.swap("n", b"old", None), None),
    "drop": (lambda store: store.drop("n"), None),
    "values": (lambda store: store.values(["n", "other"]), b"old"),
}


@check(VALUES, each=_ACTS)
async def are_old_or_new_after_a_cancelled(
    bench: Bench, case: tuple[Callable[[Any], Awaitable[Any]], bytes | None]
) -> None:
    """Cancelled at any await, this verb has been done or not: the value is the old or the new one, and all works on.

    If this fails, check that the verb is one step of the store: not a removal and then a write.
    """
    act, new = case
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        await store.put("n", b"old", ttl=60.0)
        await store.put("other", b"other", ttl=60.0)
        if not await cancelled_at(act(store), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        found, other = await store.values(["n", "other"])
        bench.true(found in {b"old", new}, f"{found!r}", f"{b'old'!r} or {new!r}")
        bench.equal(other, b"other", "the value of another name")
        bench.equal(await store.swap("n", found, b"last", ttl=60.0), True, "swap afterwards")
        bench.equal(await store.values(["n"]), [b"last"], "values afterwards")


_WRITES: dict[str, Callable[[Any, str], Awaitable[Any]]] = {
    "put": lambda store, name: store.put(name, b"new", ttl=0.3),
    "swap": lambda store, name: store.swap(name, b"old", b"new", ttl=0.3),
    "swap_of_nothing": lambda store, name: store.swap(f"{name} of nothing", None, b"new", ttl=0.3),
}


@check(VALUES, each=_WRITES)
async def have_their_end_after_a_cancelled(bench: Bench, write: Callable[[Any, str], Awaitable[Any]]) -> None:
    """Cancelled at any await, a write has not been done or ends with its TTL: no value lives for ever.

    If this fails, check that the value and its TTL are one step of the store, not one after the other.
    """
    store, names = bench.open(), []
    for number in range(1, MOST_AWAITS):
        name = f"n{number}"
        names += [name, f"{name} of nothing"]
        await store.put(name, b"old", ttl=60.0)
        if not await cancelled_at(write(store, name), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
    await bench.pass_time(0.35)
    left = {name for name, value in zip(names, await store.values(names), strict=True) if value == b"new"}
    bench.equal(left, set(), "what outlives its end")


@check(VALUES, Capability.SHARED)
def are_the_same_in_every_process(bench: Bench) -> None:
    """Two processes see each other's values at their next call and lose no swap; what a killed one put ends in time.

    If this fails, check that the store compares, writes and lets expire, and not the process, which keeps nothing.
    """
    if bench.clock.is_turned:
        raise NotApplicable("the clock of this process is turned, and that of another one is not")
    store = bench.open()
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        bench.run(store.put("n", b"mine", ttl=60.0))
        bench.equal(process.call("values", ["n"]), [b"mine"], "what the other process finds")
        bench.equal(process.call("swap", "n", b"mine", b"theirs", ttl=60.0), True, "its swap")
        bench.equal(bench.run(store.swap("n", b"mine", b"x", ttl=60.0)), False, "swap of what was there before")
        bench.equal(bench.run(store.values(["n"])), [b"theirs"], "values")
        bench.equal(bench.run(store.swap("n", b"theirs", None)), True, "swap for nothing")
        bench.equal(process.call("drop", "n"), False, "its drop of what is gone")
        bench.equal(process.call("swap", "n", None, b"0", ttl=60.0), True, "its swap of nothing for a value")
        for number in range(0, 20, 2):
            bench.equal(bench.run(store.swap("n", b"%d" % number, b"%d" % (number + 1), ttl=60.0)), True, "swap")
            swapped = process.call("swap", "n", b"%d" % (number + 1), b"%d" % (number + 2), ttl=60.0)
            bench.equal(swapped, True, "its swap")
        bench.equal(bench.run(store.values(["n"])), [b"20"], "values after 20 swaps in turn")
        end = bench.now() + timedelta(seconds=1.0)
        process.call("put", "n", b"of the killed", ttl=1.0)
        written = bench.now()
        process.kill()
        found = bench.run(store.values(["n"]))
        bench.still_before(end)
        bench.equal(found, [b"of the killed"], "values after the kill")
        bench.run(bench.wait_until(written + timedelta(seconds=1.0)))
        bench.equal(bench.run(store.values(["n"])), [None], "values when its TTL is over")
