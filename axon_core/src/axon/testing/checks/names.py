"""Names of locks, counters, limits and values: any text, each its own, in its own kind and its own namespace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.errors import LockUnavailable
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.samples import AWKWARD

_LONG = 3600.0
_NAMES = (*AWKWARD, "x" * 1023 + "y", "y" + "x" * 1023, "🦊" * 1024, "n", "N", "n ", " n", "n\n", "n:", ":n", "n:1")
_SEPARATORS = ":/|.-_#@,; {}"


@frozen(kw_only=True)
class Named:
    """Something that has a name and, in some way, a number from 1 to 1000."""

    requires: Capability
    write: Callable[[Any, str, int], Awaitable[Any]]
    read: Callable[[Any, str], Awaitable[int]]
    """The number, or 0 where there is none."""


async def _told_of_lock(store: Any, name: str) -> int:
    """By how long it is held; whether it is held is asked by taking it."""
    told = [round(lock.expires_in / 1000) for lock in await store.locks() if lock.name == name]
    try:
        await store.unlock(await store.lock(name, ttl=_LONG))
    except LockUnavailable:
        return told[0] if len(told) == 1 else -1
    return -1 if told else 0


async def _number(store: Any, name: str) -> int:
    (value,) = await store.values([name])
    return int(value or 0)


_NAMED: dict[str, Named] = {
    "locks": Named(
        requires=Capability.LOCKS,
        write=lambda store, name, number: store.lock(name, ttl=number * 1000.0),
        read=_told_of_lock,
    ),
    "counters": Named(
        requires=Capability.COUNTERS,
        write=lambda store, name, number: store.increment(name, number),
        read=lambda store, name: store.counter(name),
    ),
    "limits": Named(
        requires=Capability.LIMITS,
        write=lambda store, name, number: store.allow(name, limit=1000, per=_LONG, weight=number),
        read=lambda store, name: store.used(name, per=_LONG),
    ),
    "values": Named(
        requires=Capability.VALUES,
        write=lambda store, name, number: store.put(name, b"%d" % number, ttl=_LONG),
        read=_number,
    ),
}


@check(each=_NAMED)
async def are_any_text_of(bench: Bench, named: Named) -> None:
    """A name is 1 to 1024 characters of any kind, none of which is a pattern, a separator or the same as another one.

    If this fails, check how a name becomes a key: encoded, never cut, normalised, matched or joined.
    """
    store = _store(bench, named)
    for number, name in enumerate(_NAMES, start=1):
        await named.write(store, name, number)
    for number, name in enumerate(_NAMES, start=1):
        bench.equal(await named.read(store, name), number, f"what {name!r} has")
    for name in ("", *_NAMES):
        if (longer := f"{name}\u00a0")[:1024] == longer:
            bench.equal(await named.read(store, longer), 0, f"what {longer!r} has, which nobody used")


@check(each=_NAMED, settings=["namespace"])
async def do_not_meet_in_a_joined_key_of(bench: Bench, named: Named) -> None:
    """A namespace and a name do not run into each other: "a" with "b:c" is not "a:b" with "c", whatever the separator.

    If this fails, check how namespace and name become one key: a separator in them must be escaped, or lengths be told.
    """
    _store(bench, named)
    for separator in _SEPARATORS:
        short, long = f"{bench.namespace}{separator}a", f"{bench.namespace}{separator}a{separator}b"
        mine, theirs = bench.open(short, called="mine"), bench.open(long, called="theirs")
        await named.write(mine, f"b{separator}c", 3)
        bench.equal(await named.read(theirs, "c"), 0, f"theirs, with {separator!r}")
        await named.write(theirs, "c", 4)
        bench.equal(await named.read(mine, f"b{separator}c"), 3, f"mine, with {separator!r}")


@check(each=_NAMED, settings=["namespace"])
async def belong_to_one_namespace_of(bench: Bench, named: Named) -> None:
    """One name is something else in each namespace, whatever the namespaces have in common.

    If this fails, check that each key begins with the namespace, which is matched whole and to the letter.
    """
    _store(bench, named)
    ends = ("", "1", "10", "*", "?", "[1]", "a", "A", "a:b", "é", "e\u0301", "{", "{}", "{a}", " ")
    stores = [bench.open(f"{bench.namespace}{end}", called=repr(end)) for end in ends]
    for number, store in enumerate(stores, start=1):
        bench.equal(await named.read(store, "n"), 0, "what is there before")
        await named.write(store, "n", number)
    for number, store in enumerate(stores, start=1):
        bench.equal(await named.read(store, "n"), number, "what is there")


@check(each=_NAMED)
async def do_not_meet_in_other_kinds_than(bench: Bench, named: Named) -> None:
    """What has a name in one kind is nothing in the others: locks, counters, limits, values and entries.

    If this fails, check that the key of each kind tells the kind, and that no name can.
    """
    store = _store(bench, named)
    names = ["n", *(f"{kind}{separator}n" for kind in _KEYS for separator in ":/ ")]
    for number, name in enumerate(names, start=1):
        await named.write(store, name, number)
    for other in _NAMED.values():
        if other is named or not bench.has(other.requires):
            continue
        for name in names:
            bench.equal(await other.read(store, name), 0, f"what {name!r} has in another kind")
    bench.equal(await store.get_many(names), [None] * len(names), "get_many")
    bench.equal(await store.count(), 0, "count")
    await store.save(bench.entry("n"))
    bench.equal(await store.clear(), 1, "clear")
    for number, name in enumerate(names, start=1):
        bench.equal(await named.read(store, name), number, f"what {name!r} has")


_KEYS = ("lock", "locks", "l", "counter", "c", "count", "limit", "w", "window", "value", "v", "values", "entry", "e")


def _store(bench: Bench, named: Named) -> Any:
    if not bench.has(named.requires):
        raise NotApplicable(f"{named.requires} not declared")
    return bench.open()
