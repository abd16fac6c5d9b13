"""Spans of seconds, of every verb that takes some: not whole, whole, as an int, and as short and long as may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.errors import LockUnavailable
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_LONG = 3600.0
_LONGEST_S = 1000 * 365 * 86_400
_TURNED: tuple[float, ...] = (
    *(0.123, 0.3, 0.5, 0.999, 1, 1.0, 1.25, 1.5, 2, 2.25, 2.7, 3.0, 10, 10.4, 59.9, 60, 61.7, 90.5, 100 / 3),
    *(3599.5, 3600, 3600.75, 86_400, 86_400.4, 1e6 + 0.5, 31_536_000, 31_536_000.5),
)
_REAL: tuple[float, ...] = (0.3, 1, 1.1)
_EARLY_S = 0.06
"""How much before an end a store with a clock of its own is asked."""
_EDGE_S = 0.002
"""How much before an end one is asked whose clock is turned: it may count milliseconds."""


_Event = tuple[datetime, bool, str, float]


@frozen(kw_only=True)
class Spanned:
    """Something that is there for a span."""

    requires: Capability
    make: Callable[[Any, str, float], Awaitable[Any]]
    is_there: Callable[[Any, str], Awaitable[bool]]
    """Without which nothing changes where it is there."""


async def _locked(store: Any, name: str) -> bool:
    try:
        held = await store.lock(name, ttl=_LONG)
    except LockUnavailable:
        return True
    await store.unlock(held)
    return False


async def _renewed(store: Any, name: str, span: float) -> None:
    await store.renew(await store.lock(name, ttl=_LONG), ttl=span)


async def _renewed_for_longer(store: Any, name: str, span: float) -> None:
    await store.renew(await store.lock(name, ttl=0.25), ttl=span)


class _OverAlready(Exception):
    """A span was over, or seemed to be, before the second of two calls."""


async def _overwritten(store: Any, name: str, span: float) -> None:
    await store.put(name, b"old", ttl=_LONG)
    await store.put(name, b"x", ttl=span)


async def _swapped(store: Any, name: str, span: float) -> None:
    await store.put(name, b"old", ttl=_LONG)
    await store.swap(name, b"old", b"x", ttl=span)


async def _incremented_again(store: Any, name: str, span: float) -> None:
    await store.increment(name, ttl=span)
    if await store.increment(name, 2, ttl=_LONG) == 2:
        raise _OverAlready


async def _counted(store: Any, name: str) -> bool:
    return bool(await store.counter(name))


async def _told_of(store: Any, name: str) -> bool:
    return name in {lock.name for lock in await store.locks()}


async def _valued(store: Any, name: str) -> bool:
    return bool(await store.values([name]) != [None])


_SPANNED: dict[str, Spanned] = {
    "lock": Spanned(
        requires=Capability.LOCKS, make=lambda store, name, span: store.lock(name, ttl=span), is_there=_locked
    ),
    "locks": Spanned(
        requires=Capability.LOCKS, make=lambda store, name, span: store.lock(name, ttl=span), is_there=_told_of
    ),
    "renew": Spanned(requires=Capability.LOCKS, make=_renewed, is_there=_locked),
    "renew_for_longer": Spanned(requires=Capability.LOCKS, make=_renewed_for_longer, is_there=_locked),
    "increment": Spanned(
        requires=Capability.COUNTERS,
        make=lambda store, name, span: store.increment(name, ttl=span),
        is_there=_counted,
    ),
    "increment_twice": Spanned(requires=Capability.COUNTERS, make=_incremented_again, is_there=_counted),
    "put": Spanned(
        requires=Capability.VALUES, make=lambda store, name, span: store.put(name, b"x", ttl=span), is_there=_valued
    ),
    "put_over_another": Spanned(requires=Capability.VALUES, make=_overwritten, is_there=_valued),
    "swap": Spanned(requires=Capability.VALUES, make=_swapped, is_there=_valued),
    "swap_of_nothing": Spanned(
        requires=Capability.VALUES,
        make=lambda store, name, span: store.swap(name, None, b"x", ttl=span),
        is_there=_valued,
    ),
}


@check(each=_SPANNED)
async def are_kept_to_the_fraction_by(bench: Bench, spanned: Spanned) -> None:
    """What is made for a span is there until just before its end and gone at it: the span may be a fraction, whole, a
    float or an int, below a second or a year.

    If this fails, check how the span is rounded, and whether an int goes another way than a float.
    """
    if not bench.has(spanned.requires):
        raise NotApplicable(f"{spanned.requires} not declared")
    store = bench.open()
    events: list[_Event] = []
    for number, span in enumerate(_TURNED if bench.clock.is_turned else _REAL):
        name = f"n{number}"
        begun = bench.now()
        try:
            await spanned.make(store, name, span)
        except _OverAlready:
            bench.still_before(begun + timedelta(seconds=span))
            raise
        # What a float cannot hold exactly may end a microsecond later.
        late = timedelta() if span * 64 % 1 == 0 else timedelta(microseconds=1500)
        events += _events(bench, name, span, begun, bench.now() + timedelta(seconds=span) + late)
    for moment, is_over, name, span in sorted(events):
        await bench.wait_until(moment)
        is_there = await spanned.is_there(store, name)
        if is_over:
            bench.equal(is_there, False, f"whether it is there when {span!r} s are over")
            continue
        if not is_there:
            bench.still_before(moment + _before(bench))
        bench.equal(is_there, True, f"whether it is there just before {span!r} s are over")


def _before(bench: Bench) -> timedelta:
    return timedelta(seconds=_EDGE_S if bench.clock.is_turned else _EARLY_S)


def _events(bench: Bench, name: str, span: float, begun: datetime, over: datetime) -> list[_Event]:
    """When to look, and whether it is to be over then."""
    return [(begun + timedelta(seconds=span) - _before(bench), False, name, span), (over, True, name, span)]


@check(each=_SPANNED)
async def are_from_a_microsecond_to_1000_years_for(bench: Bench, spanned: Spanned) -> None:
    """The shortest span is soon over, and the longest is no overflow.

    If this fails, check how a span is rounded: to 0, which is for ever or an error, or past what the store counts.
    """
    if not bench.has(spanned.requires):
        raise NotApplicable(f"{spanned.requires} not declared")
    store = bench.open()
    longest = {f"long {span!r}": span for span in (_LONGEST_S, float(_LONGEST_S), 2**31, 2**31 + 0.5, 2**32, 1e10)}
    for name, span in longest.items():
        await spanned.make(store, name, span)
    await bench.pass_time(0.01)
    for name in longest:
        bench.equal(await spanned.is_there(store, name), True, f"whether {name!r} is there after 0.01 s")
    for span in (1e-6, 1e-4):
        try:
            await spanned.make(store, f"short {span!r}", span)
        except (LockUnavailable, _OverAlready):  # before it could be renewed, or counted on
            continue
        await bench.pass_time(0.01)
        bench.equal(
            await spanned.is_there(store, f"short {span!r}"), False, f"whether {span!r} s are over after 0.01 s"
        )


@check(each={name: _SPANNED[name] for name in ("lock", "increment", "put")})
async def of_an_entry_are_not_those_of_another_kind(bench: Bench, spanned: Spanned) -> None:
    """An entry and something else of one name end each at its own time, whichever is first.

    If this fails, check whether what sweeps by time knows of each end what it is the end of.
    """
    for needed in (spanned.requires, Capability.TTL):
        if not bench.has(needed):
            raise NotApplicable(f"{needed} not declared")
    store = bench.open()
    await spanned.make(store, "a", _LONG)
    await store.save(bench.entry("a", lives=0.3))
    await store.save(bench.entry("b", lives=_LONG))
    await spanned.make(store, "b", 0.3)
    await bench.pass_time(0.4)
    bench.equal(await store.get("a"), None, "get of the entry that lived for 0.3 s")
    bench.equal(await store.count(), 1, "count")
    bench.equal(await spanned.is_there(store, "a"), True, "whether what has its name and an hour is there")
    bench.equal(await spanned.is_there(store, "b"), False, "whether what lived for 0.3 s is there")
    bench.equal(await bench.found(store, filter=Filter()), {"b"}, "what a query finds")


_HOW = {"exact": True, "by_sums": False}


@check(Capability.LIMITS, each=_HOW)
async def of_windows_are_kept_to_the_fraction(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # the item of `each`
    """What was allowed counts until just before `per` is over, and no more when it is: `per` may be a fraction, whole,
    a float or an int, below a second or a year. With `exact=False` it counts up to 1/32 of `per` longer.

    If this fails, check how `per` is rounded, and that it is not rounded in the key of the window.
    """
    store = bench.open()
    events: list[_Event] = []
    # Of one name, so that each is a window of its own by its length alone; 1 and 1.0 are one.
    for span in dict.fromkeys(_TURNED if bench.clock.is_turned else _REAL):
        begun = bench.now()
        bench.equal((await store.allow("n", limit=1, per=span, exact=exact)).allowed, True, f"the first in {span!r} s")
        longest = timedelta(seconds=span if exact else span * 33 / 32, microseconds=1500)
        events += _events(bench, "n", span, begun, bench.now() + longest)
    for moment, is_over, name, span in sorted(events):
        await bench.wait_until(moment)
        if is_over:
            bench.equal(await store.used(name, per=span), 0, f"used when {span!r} s are over")
            continue
        for per in (span, float(span)):
            used, answer = await store.used(name, per=per), await store.allow(name, limit=1, per=per, exact=exact)
            if used != 1 or answer.allowed:
                bench.still_before(moment + _before(bench))
            bench.equal((used, answer.allowed), (1, False), f"used and allow just before {per!r} s are over")


@check(Capability.LIMITS, each=_HOW)
async def of_windows_are_from_a_microsecond_to_1000_years(
    bench: Bench,
    exact: bool,  # noqa: FBT001  # the item of `each`
) -> None:
    """A window may be as short as a microsecond, which is soon empty, and as long as 1000 years.

    If this fails, check for a division by what was rounded to 0, and for moments past what the store counts.
    """
    store = bench.open()
    for span in (1e-6, 1e-4):
        for _ in range(3):
            answer = await store.allow("n", limit=1, per=span, exact=exact)
            bench.equal(answer.allowed, True, f"one in {span!r} s")
            await bench.pass_time(0.01)
    for span in (_LONGEST_S, 2**31, 2**32 + 0.5, 1e10):
        answers = [await store.allow("n", limit=1, per=span, exact=exact) for _ in range(2)]
        bench.equal([answer.allowed for answer in answers], [True, False], f"two in {span!r} s")
        left, most = answers[1].retry_after, span if exact else span * 33 / 32
        bench.true(most / 2 < left <= most + 1, f"{left} s", f"about {span!r} s")


@check(Capability.LIMITS, each=_HOW)
async def of_windows_are_one_as_int_and_as_float(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # as above
    """60 and 60.0 are one `per`, for every verb; 1.2 and 1.7, 60 and 60.5, 0.1 and 0.11 are two.

    If this fails, check how `per` becomes a part of a key: as the text of a float, and never as a whole number.
    """
    store = bench.open()
    for number, (one, other) in enumerate(((60, 60.0), (3600.0, 3600), (1e6, 1_000_000), (100_000, 1e5))):
        name = f"same {number}"
        await store.allow(name, limit=3, per=one, weight=2, exact=exact)
        bench.equal(await store.used(name, per=other), 2, f"used in {other!r} of {one!r} s")
        answers = [await store.allow(name, limit=3, per=other, weight=weight, exact=exact) for weight in (2, 1)]
        bench.equal([answer.allowed for answer in answers], [False, True], f"two more, and one more, in {other!r} s")
        bench.equal(await store.used(name, per=one), 3, f"used in {one!r} s")
        told = [window for window in await store.windows() if window.name == name]
        bench.equal([(window.per, window.used) for window in told], [(one, 3)], "the windows of this name")
    pairs = ((61.2, 61.7), (60, 60.5), (60.1, 60.11), (60.001, 60.002), (100 / 3, 33.3333), (3600, 3600.000001))
    for number, (one, other) in enumerate(pairs):
        name = f"other {number}"
        for per in (one, other):
            bench.equal((await store.allow(name, limit=1, per=per, exact=exact)).allowed, True, f"one in {per!r} s")
            bench.equal((await store.allow(name, limit=1, per=per, exact=exact)).allowed, False, f"two in {per!r} s")
        told = [window.per for window in await store.windows() if window.name == name]
        bench.equal(sorted(told), sorted([one, other]), "the lengths of the windows of this name")
