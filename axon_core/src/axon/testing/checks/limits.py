"""`limits`: never more than the limit in any window."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput
from axon.spi.coordination import Window
from axon.spi.protocols import SupportsResidue
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.other_process import other_process

LIMITS = Capability.LIMITS
_LONG = 3600.0
_MOST_ROOM = 40
"""Records for a window of sums: some 32 of these, and a few for the window itself."""
_USED = (("b", 60.0, 1, True), ("a", 100 / 3, 2, True), ("c", 90.0, 3, False), ("b", 3600.5, 4, True))
"""Name, ``per``, weight and ``exact`` of what is used, in no order."""


@check(LIMITS)
async def allow_so_many_and_no_more(bench: Bench) -> None:
    """In a window exactly `limit` requests are allowed; the answer says how many are left, and when to come again.

    If this fails, check the comparison at the limit, and what `remaining` counts.
    """
    store = bench.open()
    answers = [await store.allow("api", limit=5, per=_LONG) for _ in range(8)]
    bench.equal([answer.allowed for answer in answers], [True] * 5 + [False] * 3, "who is allowed")
    bench.equal([answer.remaining for answer in answers], [4, 3, 2, 1, 0, 0, 0, 0], "how many are left")
    bench.equal([answer.retry_after for answer in answers[:5]], [0.0] * 5, "when one that was allowed is to come again")
    for answer in answers[5:]:
        bench.true(0 < answer.retry_after <= _LONG, f"{answer.retry_after} s", f"up to {_LONG} s")


@check(LIMITS)
async def are_exact_at_once(bench: Bench) -> None:
    """Of 100 requests at once exactly `limit` are allowed.

    If this fails, check that counting and adding are one step.
    """
    store = bench.open()
    answers = await asyncio.gather(*(store.allow("api", limit=33, per=_LONG) for _ in range(100)))
    bench.equal(sum(answer.allowed for answer in answers), 33, "how many were allowed")


@check(LIMITS)
async def slide(bench: Bench) -> None:
    """The window slides: what was allowed counts for `per` seconds, to the fraction, and then no more.

    If this fails, check that the window does not begin anew at fixed moments.
    """
    store = bench.open()
    start = bench.now()
    first = [(await store.allow("api", limit=2, per=1.0)).allowed]
    await bench.wait_until(start + timedelta(seconds=0.6))
    first += [(await store.allow("api", limit=2, per=1.0)).allowed for _ in range(2)]
    bench.still_before(start + timedelta(seconds=1.0))
    bench.equal(first, [True, True, False], "within a second")
    await bench.wait_until(start + timedelta(seconds=1.1))
    later = [(await store.allow("api", limit=2, per=1.0)).allowed for _ in range(2)]
    bench.still_before(start + timedelta(seconds=1.6))
    bench.equal(later, [True, False], "after 1.1 s, when only the first has left the window")


@check(LIMITS)
async def say_when_to_come_again(bench: Bench) -> None:
    """Who comes again after `retry_after` seconds is allowed, and it is no longer than that takes.

    If this fails, check that it is the time until enough of what is in the window has left it.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.6)
    await store.allow("api", limit=2, per=0.6)
    leaves = bench.now() + timedelta(seconds=0.6)
    await bench.pass_time(0.05)
    await store.allow("api", limit=2, per=0.6)
    await bench.pass_time(0.05)
    asked = bench.now()
    refused = await store.allow("api", limit=2, per=0.6)
    bench.still_before(end)
    bench.equal(refused.allowed, False, "whether a third one of two is allowed")
    longest = (leaves - asked).total_seconds()
    bench.true(refused.retry_after <= longest + 0.01, f"{refused.retry_after} s", f"{longest} s at the most")
    await bench.pass_time(refused.retry_after + 0.002)
    bench.equal((await store.allow("api", limit=2, per=0.6)).allowed, True, "whether it is after retry_after")


@check(LIMITS)
async def say_when_a_heavy_one_is_to_come_again(bench: Bench) -> None:
    """`retry_after` is until enough has left the window for this request, not only the first of it.

    If this fails, check that what leaves is added up until the weight fits.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.6)
    for _ in range(3):
        await store.allow("api", limit=3, per=0.6)
        await bench.pass_time(0.1)
    refused = await store.allow("api", limit=3, per=0.6, weight=3)
    bench.still_before(end)
    bench.equal(refused.allowed, False, "whether one that weighs all is allowed")
    await bench.pass_time(refused.retry_after + 0.002)
    bench.equal((await store.allow("api", limit=3, per=0.6, weight=3)).allowed, True, "whether it is after retry_after")


@check(LIMITS)
async def of_two_windows_do_not_disturb_each_other(bench: Bench) -> None:
    """A window belongs to a name and its `per`: a limit for the hour and one for the day of one name are two.

    If this fails, check that the length of the window is part of the key.
    """
    store = bench.open()
    for per in (_LONG, 24 * _LONG):
        bench.equal((await store.allow("api", limit=1, per=per)).allowed, True, f"the first in {per:g} s")
    for per in (_LONG, 24 * _LONG):
        bench.equal((await store.allow("api", limit=1, per=per)).allowed, False, f"the second in {per:g} s")
    raised = [(await store.allow("api", limit=2, per=_LONG)).allowed for _ in range(2)]
    bench.equal(raised, [True, False], "two more once the limit is raised to 2, of which one was used before")


@check(LIMITS)
async def are_not_used_up_by_refusals(bench: Bench) -> None:
    """A refusal costs nothing: however many are refused, the next one is allowed when its time has come.

    If this fails, check that only what was allowed is remembered.
    """
    store = bench.open()
    start = bench.now()
    await store.allow("api", limit=1, per=0.5)
    for _ in range(10):
        await bench.pass_time(0.02)
        await store.allow("api", limit=1, per=0.5)
    bench.still_before(start + timedelta(seconds=0.5))
    await bench.wait_until(start + timedelta(seconds=0.56))
    bench.equal((await store.allow("api", limit=1, per=0.5)).allowed, True, "after the window")


@check(LIMITS)
async def count_weights(bench: Bench) -> None:
    """A request may weigh more than one; one that weighs more than is left is refused whole, and lighter ones fit.

    If this fails, check that the weight is compared with what is left, and taken whole or not at all.
    """
    store = bench.open()
    answers = [await store.allow("api", limit=10, per=_LONG, weight=weight) for weight in (4, 4, 4, 2, 1)]
    bench.equal([answer.allowed for answer in answers], [True, True, False, True, False], "who is allowed")
    bench.equal([answer.remaining for answer in answers], [6, 2, 2, 0, 0], "how much is left")
    never = await store.allow("other", limit=3, per=_LONG, weight=4)
    bench.equal((never.allowed, never.retry_after), (False, float("inf")), "one heavier than the limit")


@check(LIMITS)
async def are_each_their_own(bench: Bench) -> None:
    """Each name has its own limit; entries and counters of that name are no part of it.

    If this fails, check how the name becomes a key.
    """
    store = bench.open()
    await store.save(bench.entry("user1"))
    for name in ("user1", "user10", "user*", "User1"):
        bench.equal((await store.allow(name, limit=1, per=_LONG)).allowed, True, f"the first of {name!r}")
        bench.equal((await store.allow(name, limit=1, per=_LONG)).allowed, False, f"the second of {name!r}")
    bench.equal(await store.count(), 1, "count")
    await store.clear()
    bench.equal((await store.allow("user1", limit=1, per=_LONG)).allowed, False, "after a clear of the entries")


@check(LIMITS, settings=["namespace"])
async def are_the_namespaces_own(bench: Bench) -> None:
    """Two namespaces have each their own limits.

    If this fails, check that the key of a limit begins with the namespace.
    """
    mine, theirs = bench.open(f"{bench.namespace}1", called="mine"), bench.open(f"{bench.namespace}10", called="theirs")
    bench.equal((await mine.allow("api", limit=1, per=_LONG)).allowed, True, "mine")
    bench.equal((await theirs.allow("api", limit=1, per=_LONG)).allowed, True, "theirs")
    bench.equal((await mine.allow("api", limit=1, per=_LONG)).allowed, False, "mine once more")


@check(LIMITS)
def are_kept_in_every_window(bench: Bench) -> None:
    """Whatever comes when, no window of `per` seconds holds more than `limit`, and nothing that fits is refused.

    If this fails, compare with the definition: the sum of what was allowed in the last `per` seconds, plus the weight.
    """
    # Real time cannot be told to the microsecond from outside.
    gaps = st.sampled_from([0.0, 0.1, 0.5, 0.999, 1.0, 3.0] if bench.clock.is_turned else [0.0])

    async def example(limit: int, steps: list[tuple[float, int]]) -> None:
        store = await bench.empty()
        per = 1.0 if bench.clock.is_turned else _LONG
        allowed: list[tuple[Any, int]] = []
        for gap, weight in steps:
            if gap:
                await bench.pass_time(gap)
            now = bench.now()
            # A turned clock stands for microseconds; at the edge of a window both answers are right.
            used = sum(w for at, w in allowed if (now - at).total_seconds() < per - 1e-3)
            edge = sum(w for at, w in allowed if per - 1e-3 <= (now - at).total_seconds() <= per + 1e-3)
            answer = await store.allow("api", limit=limit, per=per, weight=weight)
            if used + weight > limit:
                bench.equal(answer.allowed, False, f"a request of {weight} where {used} of {limit} are used")
            elif used + edge + weight <= limit:
                bench.equal(answer.allowed, True, f"a request of {weight} where {used} of {limit} are used")
            if answer.allowed:
                allowed.append((now, weight))

    bench.for_all(example, st.integers(1, 6), st.lists(st.tuples(gaps, st.integers(1, 4)), max_size=15))


@check(LIMITS)
async def by_sums_answer_as_exact_ones_do_at_one_moment(bench: Bench) -> None:
    """With `exact=False` as many are allowed as without it, also at once and by weight, and the answers are the same.

    If this fails, check that sums are compared with the limit in the step that adds to them.
    """
    store = bench.open()
    answers = [await store.allow("api", limit=10, per=_LONG, weight=weight, exact=False) for weight in (4, 4, 4, 2, 1)]
    bench.equal([answer.allowed for answer in answers], [True, True, False, True, False], "who is allowed")
    bench.equal([answer.remaining for answer in answers], [6, 2, 2, 0, 0], "how much is left")
    bench.equal([answer.retry_after for answer in answers[:2]], [0.0] * 2, "when one that was allowed is to come again")
    longest = _LONG * 33 / 32
    bench.true(0 < answers[-1].retry_after <= longest, f"{answers[-1].retry_after} s", f"up to {longest} s")
    never = await store.allow("other", limit=3, per=_LONG, weight=4, exact=False)
    bench.equal((never.allowed, never.retry_after), (False, math.inf), "one heavier than the limit")
    at_once = await asyncio.gather(*(store.allow("many", limit=33, per=_LONG, exact=False) for _ in range(100)))
    bench.equal(sum(answer.allowed for answer in at_once), 33, "how many of 100 at once were allowed")


@check(LIMITS)
def by_sums_are_kept_in_every_window(bench: Bench) -> None:
    """With `exact=False` no window of `per` seconds holds more than `limit`, and nothing is refused that fits beside
    what was allowed in the last 33/32 of `per`.

    If this fails, check that the end of a sum is rounded up and never down, and by no more than 1/32 of `per`.
    """
    gaps = st.sampled_from([0.0, 0.01, 0.1, 0.33, 0.97, 0.98, 0.99, 1.0, 1.02, 3.0] if bench.clock.is_turned else [0.0])

    async def example(phase: float, limit: int, steps: list[tuple[float, int]]) -> None:
        store = await bench.empty()
        per = 1.0 if bench.clock.is_turned else _LONG
        if bench.clock.is_turned:
            # From a whole second on, so that each example stands in the same place to what an adapter rounds to.
            await bench.wait_until(bench.now().replace(microsecond=0) + timedelta(seconds=1.0 + phase))
        allowed: list[tuple[datetime, int]] = []
        for gap, weight in steps:
            if gap:
                await bench.pass_time(gap)
            now = bench.now()
            # A turned clock stands for microseconds; at the edge of a window both answers are right.
            least = sum(w for at, w in allowed if (now - at).total_seconds() < per - 1e-3)
            most = sum(w for at, w in allowed if (now - at).total_seconds() < per * 33 / 32 + 1e-3)
            used = await store.used("api", per=per)
            bench.true(least <= used <= most, f"{used} used", f"{least} to {most}")
            answer = await store.allow("api", limit=limit, per=per, weight=weight, exact=False)
            if least + weight > limit:
                bench.equal(answer.allowed, False, f"a request of {weight} where {least} of {limit} are used")
            elif most + weight <= limit:
                bench.equal(answer.allowed, True, f"a request of {weight} where {most} of {limit} may be used")
            if answer.allowed:
                allowed.append((now, weight))

    phases = st.integers(0, 50).map(lambda milliseconds: milliseconds / 1000)
    bench.for_all(example, phases, st.integers(1, 6), st.lists(st.tuples(gaps, st.integers(1, 4)), max_size=15))


@check(LIMITS)
async def by_sums_hold_while_time_passes(bench: Bench) -> None:
    """With `exact=False` too, requests that come all the time are never more than `limit` in any span of `per` seconds.

    If this fails, check that a sum counts for `per` seconds from its last request, and not from its first.
    """
    store, limit, per = bench.open(), 4, 0.5
    allowed: list[tuple[datetime, datetime]] = []
    end = bench.now() + timedelta(seconds=2.2 * per)
    while (asked := bench.now()) < end:
        if (await store.allow("api", limit=limit, per=per, exact=False)).allowed:
            allowed.append((asked, bench.now()))
        # The first ones within one sum, the next ones closer together: who counts from the first of a sum is too early.
        await bench.pass_time(0.0045 if len(allowed) < limit else 0.001)
    for (first, _), (_, last) in zip(allowed, allowed[limit:], strict=False):
        span = (last - first).total_seconds()
        # A store may count milliseconds.
        bench.true(span >= per - 0.002, f"{limit + 1} were allowed within {span} s", f"{limit} within {per} s")


@check(LIMITS, each={"at_first": 0.0, "later": 0.0071})
async def by_sums_allow_again_in_time(bench: Bench, phase: float) -> None:
    """With `exact=False` what was allowed counts for `per` seconds and up to 1/32 of `per` more, as `retry_after` says.

    If this fails, check how far the end of a sum is rounded up, and that `retry_after` is worked out from that end.
    """
    store, per = bench.open(), 0.6
    longest = per * 33 / 32
    await bench.pass_time(phase)
    start = bench.now()
    bench.equal((await store.allow("api", limit=3, per=per, weight=3, exact=False)).allowed, True, "the first")
    noted = bench.now()
    refused = await store.allow("api", limit=3, per=per, weight=3, exact=False)
    bench.still_before(start + timedelta(seconds=per))
    bench.equal(refused.allowed, False, "the second")
    bench.true(0 < refused.retry_after <= longest + 0.002, f"{refused.retry_after} s", f"up to {longest} s")
    await store.allow("other", limit=3, per=per, weight=3, exact=False)
    other = await store.allow("other", limit=3, per=per, exact=False)
    await bench.pass_time(other.retry_after + 0.002)
    bench.equal((await store.allow("other", limit=3, per=per, exact=False)).allowed, True, "one after retry_after")
    await bench.wait_until(noted + timedelta(seconds=longest + 0.001))
    again = await store.allow("api", limit=3, per=per, weight=3, exact=False)
    bench.equal(again.allowed, True, f"one after {longest} s")


@check(LIMITS)
async def by_sums_take_the_same_room_whatever_they_allow(bench: Bench) -> None:
    """With `exact=False` a window takes room for some 32 sums, however many requests it allows.

    If this fails, check that requests of one part of the window are added up, and sums that are over given back.
    """
    store = bench.open()
    if not isinstance(store.adapter, SupportsResidue):
        raise NotApplicable("the adapter has no residue(), which counts all that its store holds for the namespace")
    before = await store.residue()
    count = 5000 if bench.clock.is_turned else 200
    for _ in range(count):
        if bench.clock.is_turned:
            await bench.pass_time(_LONG / 4000)
        answer = await store.allow("api", limit=10**6, per=_LONG, exact=False)
        bench.equal(answer.allowed, True, "whether one of a million is allowed")
    taken = await store.residue() - before
    bench.true(taken <= _MOST_ROOM, f"a residue of {taken} after {count:,} requests", f"{_MOST_ROOM} at the most")


@check(LIMITS, each={"exact": True, "by_sums": False})
async def hold_to_the_last_hundredth(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # the item of `each`
    """What was allowed counts until less than a hundredth of `per` before its end, in whatever phase it began.

    If this fails, check for buckets into which moments are rounded: an approximation allows too much.
    """
    store, per = bench.open(), 1.0
    begun: dict[str, datetime] = {}
    for number in range(20):
        await bench.pass_time(0.0033)
        begun[f"n{number}"] = bench.now()
        await store.allow(f"n{number}", limit=1, per=per, exact=exact)
    for name, at in begun.items():
        end = at + timedelta(seconds=per)
        await bench.wait_until(end - timedelta(seconds=0.007 + bench.steps.longest))
        answer = await store.allow(name, limit=1, per=per, exact=exact)
        if bench.now() < end:  # else this machine was too slow for this one
            bench.equal(answer.allowed, False, f"whether {name!r} is allowed again 7 ms before the end of its window")
            bench.equal(answer.remaining, 0, f"what remains of {name!r}")


@check(LIMITS, each={"exact": True, "by_sums": False})
async def may_be_lowered_and_raised(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # the item of `each`
    """A limit may be another one from call to call: below what is used nothing is allowed and 0 remains, never less.

    If this fails, check that what remains is not below 0, and that no limit of before is kept.
    """
    store = bench.open()
    asked = [(5, 3), (2, 1), (1, 1), (3, 1), (4, 1), (4, 1), (2**50, 1), (5, 1), (6, 1)]
    answers = [await store.allow("n", limit=limit, per=_LONG, weight=weight, exact=exact) for limit, weight in asked]
    allowed = [True, False, False, False, True, False, True, False, True]
    bench.equal([answer.allowed for answer in answers], allowed, "who is allowed")
    bench.equal([answer.remaining for answer in answers], [2, 0, 0, 0, 0, 0, 2**50 - 5, 0, 0], "how much remains")
    bench.equal(await store.used("n", per=_LONG), 6, "used")


@check(LIMITS, each={"exact": True, "by_sums": False})
async def tell_what_is_used(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # the item of `each`
    """`used` is the weight of what was allowed in a window, and notes nothing: 0 for what nobody has used.

    If this fails, check that it adds what counts now, of this name and this `per`, and that no refusal counts.
    """
    store = bench.open()
    bench.equal(await store.used("api", per=_LONG), 0, "used, of what nobody has used")
    await store.allow("api", limit=5, per=_LONG, weight=3, exact=exact)
    bench.equal(await store.used("api", per=_LONG), 3, "used")
    await store.allow("api", limit=5, per=_LONG, weight=3, exact=exact)
    bench.equal(await store.used("api", per=_LONG), 3, "used, after a refusal")
    await store.allow("api", limit=1, per=2 * _LONG, exact=exact)
    bench.equal(await store.used("api", per=2 * _LONG), 1, "used, of another window")
    for name in ("ap", "api ", "Api", "api*", "*"):
        bench.equal(await store.used(name, per=_LONG), 0, f"used, of {name!r}")
    for _ in range(20):
        bench.equal(await store.used("api", per=_LONG), 3, "used, however often it is asked")
    answers = [await store.allow("api", limit=5, per=_LONG, weight=2, exact=exact) for _ in range(2)]
    bench.equal([answer.allowed for answer in answers], [True, False], "the 2 of 5 that are left, and 2 more")
    bench.equal(await store.used("api", per=_LONG), 5, "used, at the limit")


@check(LIMITS)
async def tell_what_is_used_as_long_as_it_counts(bench: Bench) -> None:
    """`used` slides with the window: what was allowed more than `per` seconds ago is no part of it.

    If this fails, check that it looks at the moments, and not only at a sum that the next request corrects.
    """
    store, per = bench.open(), 0.8
    start = bench.now()
    await store.allow("api", limit=9, per=per, weight=2)
    noted = bench.now()
    await bench.wait_until(start + timedelta(seconds=0.4))
    second = bench.now()
    await store.allow("api", limit=9, per=per)
    second_noted = bench.now()
    used = await store.used("api", per=per)
    bench.still_before(start + timedelta(seconds=per))
    bench.equal(used, 3, "used after 0.4 s")
    await bench.wait_until(noted + timedelta(seconds=per + 0.01))
    used = await store.used("api", per=per)
    bench.still_before(second + timedelta(seconds=per))
    bench.equal(used, 1, "used when the first has left the window")
    await bench.wait_until(second_noted + timedelta(seconds=per + 0.01))
    bench.equal(await store.used("api", per=per), 0, "used when both have left it")


@check(LIMITS)
async def tell_what_is_still_in_a_window(bench: Bench) -> None:
    """`windows` and `used` give what counts now, without what has left the window since the last request.

    If this fails, check that a window slides before it is told of, and not only before something is allowed.
    """
    store = bench.open()
    ends = []
    for weight in (5, 2, 1):
        ends.append(bench.now() + timedelta(seconds=0.8))
        await store.allow("n", limit=99, per=0.8, weight=weight)
        await bench.pass_time(0.3)
    for end, left in zip(ends[1:], (3, 1), strict=True):
        told = [(window.name, window.used) for window in await store.windows()]
        used = await store.used("n", per=0.8)
        bench.still_before(end)
        bench.equal(told, [("n", left)], "name and used of the window")
        bench.equal(used, left, "used")
        await bench.pass_time(0.3)


@check(LIMITS)
async def tell_which_windows_are_in_use(bench: Bench) -> None:
    """`windows` gives those in which something counts, by name, each with its `per` and how much counts, and changes
    nothing.

    If this fails, check that windows which are empty are not told, and none twice.
    """
    store = bench.open()
    bench.equal(list(await store.windows()), [], "windows, where there are none")
    for name, per, weight, exact in _USED:
        await store.allow(name, limit=9, per=per, weight=weight, exact=exact)
    await store.allow("refused", limit=1, per=60.0, weight=2)
    await store.used("looked at", per=60.0)
    await store.allow("over", limit=9, per=0.2)
    await store.allow("over too", limit=9, per=0.2, exact=False)
    await bench.pass_time(0.25)
    for _ in range(2):
        told = await store.windows()
        for window in told:
            bench.true(isinstance(window, Window), f"a {type(window).__name__}", "a Window")
        bench.equal([window.name for window in told], ["a", "b", "b", "c"], "the names of the windows")
        expected = sorted((name, per, weight) for name, per, weight, _ in _USED)
        bench.equal(sorted((w.name, w.per, w.used) for w in told), expected, "name, per and used of the windows")
    bench.equal((await store.allow("a", limit=9, per=100 / 3, weight=7)).remaining, 0, "what is left of 9")


@check(LIMITS)
async def tell_of_windows_by_any_name(bench: Bench) -> None:
    """`windows` gives each window once and by its very name, whatever that is, and nothing else that has a name.

    If this fails, check how a key becomes a name and a `per` again, and what else lies under keys of that kind.
    """
    store = bench.open()
    await store.save(bench.entry("an entry"))
    if bench.has(Capability.COUNTERS):
        await store.increment("a counter", ttl=60.0)
    if bench.has(Capability.LOCKS):
        await store.lock("a lock", ttl=60.0)
    if bench.has(Capability.VALUES):
        await store.put("a value", b"x", ttl=60.0)
    names = [*samples.AWKWARD, *(f"many{number}" for number in range(100))]
    await asyncio.gather(*(store.allow(name, limit=1, per=60.0, exact=len(name) % 2 == 0) for name in names))
    told = await store.windows()
    bench.equal([window.name for window in told], sorted(names), "the names of the windows")
    bench.equal({(window.per, window.used) for window in told}, {(60.0, 1)}, "per and used of all windows")


@check(LIMITS, settings=["namespace"])
async def of_another_namespace_are_not_told_of(bench: Bench) -> None:
    """`windows` and `used` tell of their own namespace.

    If this fails, check the pattern of keys that they look for: exact, and with everything in the name escaped.
    """
    for one, other in (("1", "10"), ("*", "1"), ("[1]", "1"), ("a:b", "a"), ("?", "x")):
        bench.fresh()
        mine, theirs = (
            bench.open(f"{bench.namespace}{end}", called=called) for end, called in ((one, "mine"), (other, "theirs"))
        )
        await mine.allow("of mine", limit=5, per=60.0)
        await theirs.allow("of theirs", limit=5, per=60.0)
        bench.equal([window.name for window in await mine.windows()], ["of mine"], "mine")
        bench.equal([window.name for window in await theirs.windows()], ["of theirs"], "theirs")
        bench.equal(await theirs.used("of mine", per=60.0), 0, "what theirs has used of mine")


@check(LIMITS, each={"exact": True, "by_sums": False})
async def count_up_to_the_heaviest(bench: Bench, exact: bool) -> None:  # noqa: FBT001  # the item of `each`
    """A limit may be 2**50, and is counted to the last one.

    If this fails, check for numbers of 32 bits, and for text such as 1.1e15 that a sum becomes.
    """
    store, heaviest = bench.open(), 2**50
    first = await store.allow("api", limit=heaviest, per=_LONG, weight=heaviest - 1, exact=exact)
    bench.equal((first.allowed, first.remaining), (True, 1), "all but one")
    bench.equal(await store.used("api", per=_LONG), heaviest - 1, "used")
    answers = [await store.allow("api", limit=heaviest, per=_LONG, weight=weight, exact=exact) for weight in (2, 1, 1)]
    bench.equal([answer.allowed for answer in answers], [False, True, False], "two more, one more, and one too many")
    bench.equal([answer.remaining for answer in answers], [1, 0, 0], "how much is left")
    bench.equal(await store.used("api", per=_LONG), heaviest, "used, at the limit")


_BAD: dict[str, dict[str, Any]] = {
    "no_name": {"name": "", "limit": 1, "per": 1.0},
    "a_limit_of_zero": {"name": "api", "limit": 0, "per": 1.0},
    "a_window_of_zero": {"name": "api", "limit": 1, "per": 0.0},
    "a_weight_of_zero": {"name": "api", "limit": 1, "per": 1.0, "weight": 0},
    "a_limit_above_2_to_the_50": {"name": "api", "limit": 2**50 + 1, "per": 1.0},
    "a_weight_above_2_to_the_50": {"name": "api", "limit": 1, "per": 1.0, "weight": 2**50 + 1},
    "no_name_by_sums": {"name": "", "limit": 1, "per": 1.0, "exact": False},
    "a_limit_above_2_to_the_50_by_sums": {"name": "api", "limit": 2**50 + 1, "per": 1.0, "exact": False},
}


@check(LIMITS, each=_BAD)
async def refuse(bench: Bench, arguments: dict[str, Any]) -> None:
    """An argument that makes no sense is InvalidInput, and nothing is used up.

    If this fails, check the arguments before the store is asked.
    """
    store = bench.open()
    await bench.refuses(store.allow(**arguments), InvalidInput)
    bench.equal((await store.allow("api", limit=1, per=_LONG)).allowed, True, "the first request")


_BAD_TO_LOOK_AT: dict[str, dict[str, Any]] = {
    "no_name": {"name": "", "per": 1.0},
    "a_name_with_a_nul": {"name": "a\0", "per": 1.0},
    "a_window_of_zero": {"name": "api", "per": 0.0},
    "a_window_that_is_no_number": {"name": "api", "per": math.nan},
}


@check(LIMITS, each=_BAD_TO_LOOK_AT)
async def refuse_to_look_at(bench: Bench, arguments: dict[str, Any]) -> None:
    """What cannot be the name or the `per` of a window is InvalidInput for `used` too.

    If this fails, check the arguments before the store is asked.
    """
    await bench.refuses(bench.open().used(**arguments), InvalidInput)


@check(LIMITS, Capability.SHARED)
def are_the_same_in_every_process(bench: Bench) -> None:
    """Two processes share one limit.

    If this fails, check that the store counts, and not the process.
    """
    store = bench.open()
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        answers = []
        for _ in range(6):
            answers.append(process.call("allow", "api", limit=7, per=_LONG).allowed)
            answers.append(bench.run(store.allow("api", limit=7, per=_LONG)).allowed)
    bench.equal(answers, [True] * 7 + [False] * 5)
