"""`limits`: never more than the limit in any window."""

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

LIMITS = Capability.LIMITS
_LONG = 3600.0


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


_BAD: dict[str, dict[str, Any]] = {
    "no_name": {"name": "", "limit": 1, "per": 1.0},
    "a_limit_of_zero": {"name": "api", "limit": 0, "per": 1.0},
    "a_window_of_zero": {"name": "api", "limit": 1, "per": 0.0},
    "a_weight_of_zero": {"name": "api", "limit": 1, "per": 1.0, "weight": 0},
}


@check(LIMITS, each=_BAD)
async def refuse(bench: Bench, arguments: dict[str, Any]) -> None:
    """An argument that makes no sense is InvalidInput, and nothing is used up.

    If this fails, check the arguments before the store is asked.
    """
    store = bench.open()
    await bench.refuses(store.allow(**arguments), InvalidInput)
    bench.equal((await store.allow("api", limit=1, per=_LONG)).allowed, True, "the first request")


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
