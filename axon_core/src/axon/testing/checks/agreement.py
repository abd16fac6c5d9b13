"""Any sequence of calls for locks, counters, limits and values, and steps of the clock, beside a plain model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.expected import Expected, ExpectedCounters, ExpectedLocks, ExpectedValues, ExpectedWindows
from axon.testing.failure import NotApplicable
from axon.testing.samples import NAMES
from axon.testing.subject import NAMESPACE

_KINDS: dict[Capability, Callable[[Bench], Expected]] = {
    Capability.LOCKS: ExpectedLocks,
    Capability.COUNTERS: ExpectedCounters,
    Capability.LIMITS: ExpectedWindows,
    Capability.VALUES: ExpectedValues,
}
_FEW = st.sampled_from(["n", "N"])
_ALIKE = [
    "n",
    "n:1",
    "lock:n",
    "n:lock",
    "locks",
    "counter:n",
    "limit:n",
    "n 1",
    "1.0 n",
    "value:n",
    "n\n",
    "*",
    "{n}",
    "é",
]
_MANY = st.one_of(st.sampled_from(_ALIKE), NAMES)
_GAPS = (0.015625, 0.25, 0.5, 1.0, 1.25, 61.0)
_STEPS = 30
_EXAMPLES = 40
_FEWER = 20


@check(each={str(kind): (kind,) for kind in _KINDS})
def of_calls_with_a_model(bench: Bench, kinds: tuple[Capability, ...]) -> None:
    """Whatever is asked in whatever order, and whenever, each call gives what a plain model gives: who holds, how many,
    who is allowed, what there is, and until when.

    If this fails, read the steps from the first one on: they are the shortest sequence that was found. An end is looked
    at just before it and just after it.
    """
    _compare(bench, kinds, _FEW, tenants=1)


@check(each={str(kind): (kind,) for kind in _KINDS})
def of_calls_by_any_name_with_a_model(bench: Bench, kinds: tuple[Capability, ...]) -> None:
    """The same holds for names of all kinds, and for two namespaces, each of which has its own.

    If this fails, check how a namespace and a name become a key, and a key a name again.
    """
    _compare(bench, kinds, _MANY, tenants=2, examples=_FEWER)


@check()
def of_all_kinds_together_with_a_model(bench: Bench) -> None:
    """A lock, a counter, a limit and a value of one name, or of names that are alike, do not meet, and no entry does.

    If this fails, check that each kind has keys of its own, and that a clear of the entries leaves them.
    """
    kinds = tuple(kind for kind in _KINDS if bench.has(kind))
    if len(kinds) < 2:
        raise NotApplicable("of locks, counters, limits and values, two are not declared")
    # One name for the half of them, so that what has it meets often.
    _compare(bench, kinds, st.one_of(st.just(_ALIKE[0]), st.sampled_from(_ALIKE)), tenants=1, clears=True)


class _Spaces:
    """Namespaces, each with adapters of one store and what is expected there."""

    def __init__(self, bench: Bench, kinds: tuple[Capability, ...], tenants: int) -> None:
        self._bench = bench
        # Two adapters of one store, where the store is shared.
        self._each = 2 if bench.has(Capability.SHARED) else 1
        names = [f"{bench.namespace}{end}" for end in ("1", "10")[:tenants]]
        self._stores = [[bench.open(name, called=f"{n}") for _ in range(self._each)] for n, name in enumerate(names)]
        self._expected = [[_KINDS[kind](bench) for kind in kinds] for _ in names]

    async def take(self, tenant: int, which: int, what: Any, step: Any) -> None:
        """One step: of the clock, about entries, or a call about one of the kinds."""
        store = self._stores[tenant][which % self._each]
        match what:
            case "gap":
                await self._bench.pass_time(step)
                await self.look()
            case "edge":
                await _turn_to_an_edge(self._bench, self._expected, *step)
                await self.look()
            case "save":
                await store.save(self._bench.entry(step))
            case "clear":
                await store.clear()
            case _:
                await self._expected[tenant][what].take(store, step)

    async def look(self) -> None:
        """Nothing if there is in every namespace what is expected."""
        for stores, kinds in zip(self._stores, self._expected, strict=True):
            for one in kinds:
                await one.look(stores[-1])


def _compare(
    bench: Bench,
    kinds: tuple[Capability, ...],
    names: st.SearchStrategy[str],
    *,
    tenants: int,
    clears: bool = False,
    examples: int = _EXAMPLES,
) -> None:
    missing = [kind for kind in kinds if not bench.has(kind)]
    if missing:
        raise NotApplicable(f"{', '.join(missing)} not declared")
    if not bench.subject.knows(NAMESPACE):
        # Examples cannot be told apart by their namespace: the checks of each kind have to do.
        raise NotApplicable("the adapter has no setting 'namespace'")

    async def example(asked: list[tuple[int, int, tuple[Any, Any]]]) -> None:
        bench.fresh()
        spaces = _Spaces(bench, kinds, tenants)
        for tenant, which, (what, step) in asked:
            await spaces.take(tenant, which, what, step)
        await spaces.look()

    asked = st.tuples(st.integers(0, tenants - 1), st.integers(0, 1), _steps(bench, kinds, names, clears=clears))
    # Of all lengths alike: lists of hypothesis are mostly short.
    bench.for_all(
        example, st.integers(1, _STEPS).flatmap(lambda n: st.lists(asked, min_size=n, max_size=n)), count=examples
    )


def _steps(
    bench: Bench, kinds: tuple[Capability, ...], names: st.SearchStrategy[str], *, clears: bool
) -> st.SearchStrategy[Any]:
    steps = [st.tuples(st.just(number), _KINDS[kind](bench).steps(names)) for number, kind in enumerate(kinds)]
    gaps = [st.tuples(st.just("gap"), st.sampled_from(_GAPS))]
    edges = [st.tuples(st.just("edge"), st.tuples(st.integers(0, 5), st.sampled_from([-0.004, 0.0, 0.004])))]
    passing = [*gaps, *edges, *edges] if bench.clock.is_turned else []
    entries = [st.tuples(st.sampled_from(["save", "clear"]), names)] if clears else []
    return st.one_of(*steps * 3, *passing, *entries)


async def _turn_to_an_edge(bench: Bench, expected: list[list[Expected]], which: int, apart: float) -> None:
    """Let it become just before an end that is to come, the end itself or just after it."""
    ends = {end for kinds in expected for one in kinds for end in one.ends() if end > bench.now()}
    if ends:
        await bench.wait_until(sorted(ends)[which % len(ends)] + timedelta(seconds=apart))
