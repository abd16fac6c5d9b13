"""What is there by definition of locks, counters, limits and values, beside an adapter that is to say the same.

Each class has ``steps``, a strategy of what can be done, ``take``, which does it and compares, and ``look``, which
compares what can be read. Moments are those of the clock of the check.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from hypothesis import strategies as st

from axon.core.errors import InvalidInput, LockUnavailable
from axon.spi.coordination import Lock

if TYPE_CHECKING:
    from axon.testing.bench import Bench

_LONG = 3600.0
_EDGE_S = 0.002
"""So near to an end both answers are right: a store may count milliseconds."""
_PART = 33 / 32
_TTLS = (0.25, 0.5, 1, 1.5, 2.25, 60, _LONG)
"""Sums of these and of the steps of the clock are exact, so that what is at an end is over."""


class Expected(Protocol):
    """One kind of thing that has a name."""

    def steps(self, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        """What can be done."""
        ...

    async def take(self, store: Any, step: Any) -> None:
        """Do it, and compare what it gives."""
        ...

    async def look(self, store: Any) -> None:
        """Compare what there is."""
        ...

    def ends(self) -> Iterator[datetime]:
        """When what is there will be over."""
        ...


class ExpectedCounters:
    """Numbers by name, of which some have an end."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._kept: dict[str, tuple[int, datetime | None]] = {}

    def steps(self, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        """Increments, also back to 0 and out of the range, and resets."""
        by = st.one_of(
            st.sampled_from([None, None, 0, 1, -1, 7]),
            st.sampled_from([2**63 - 1, -(2**63), 2**62, -(2**62), 2**53 + 1]),
            st.integers(-(2**63) - 5, 2**63 + 5),
        )
        ttls = st.sampled_from([None, None, *_ttls(self._bench)])
        return st.tuples(st.sampled_from(["increment", "increment", "increment", "reset", "counter"]), names, by, ttls)

    async def take(self, store: Any, step: Any) -> None:
        """One increment, reset or look."""
        verb, name, by, ttl = step
        self._forget()
        value, end = self._kept.get(name, (0, None))
        if verb == "counter":
            self._bench.equal(await store.counter(name), value, "counter")
        elif verb == "reset":
            self._bench.equal(await store.reset(name), self._kept.pop(name, None) is not None, "reset")
        else:
            by = -value if by is None else by
            given = {} if ttl is None else {"ttl": ttl}
            if not -(2**63) <= value + by < 2**63:
                await self._bench.refuses(store.increment(name, by, **given), InvalidInput)
                return
            if name not in self._kept and ttl is not None:
                end = self._bench.now() + timedelta(seconds=ttl)
            self._bench.equal(await store.increment(name, by, **given), value + by, "increment")
            self._kept[name] = value + by, end

    async def look(self, store: Any) -> None:
        """Each counter."""
        self._forget()
        for name, (value, _) in self._kept.items():
            self._bench.equal(await store.counter(name), value, f"the counter {name!r}")

    def ends(self) -> Iterator[datetime]:
        """Of those that have one."""
        return (end for _, end in self._kept.values() if end is not None)

    def _forget(self) -> None:
        now = self._bench.now()
        self._kept = {name: each for name, each in self._kept.items() if each[1] is None or each[1] > now}


class ExpectedValues:
    """Bytes by name, each with its end."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._kept: dict[str, tuple[bytes, datetime]] = {}
        self._names: set[str] = set()

    def steps(self, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        """Puts, swaps of what is there and of what is not, and drops."""
        some = st.sampled_from([None, b"", b"x", b"\0", b"1"])
        verbs = st.sampled_from(["put", "swap", "swap", "swap_of_what_is_there", "drop"])
        return st.tuples(verbs, names, some, some, st.sampled_from(_ttls(self._bench)))

    async def take(self, store: Any, step: Any) -> None:
        """One put, swap or drop."""
        verb, name, old, new, ttl = step
        self._forget()
        self._names.add(name)
        there = self._kept[name][0] if name in self._kept else None
        end = self._bench.now() + timedelta(seconds=ttl)
        if verb == "drop":
            self._bench.equal(await store.drop(name), there is not None, "drop")
            self._kept.pop(name, None)
        elif verb == "put":
            self._bench.equal(await store.put(name, new or b"", ttl=ttl), None, "put")
            self._kept[name] = new or b"", end
        else:
            old = there if verb == "swap_of_what_is_there" else old
            self._bench.equal(await store.swap(name, old, new, ttl=ttl), there == old, f"swap where {there!r} is")
            if there == old:
                self._kept.pop(name, None)
                self._kept.update({} if new is None else {name: (new, end)})

    async def look(self, store: Any) -> None:
        """All names that were used, at once."""
        self._forget()
        names = sorted(self._names)
        expected = [self._kept[name][0] if name in self._kept else None for name in names]
        self._bench.equal(await store.values(names), expected, f"values of {names}")

    def ends(self) -> Iterator[datetime]:
        """Of each."""
        return (end for _, end in self._kept.values())

    def _forget(self) -> None:
        now = self._bench.now()
        self._kept = {name: each for name, each in self._kept.items() if each[1] > now}


class ExpectedLocks:
    """Who holds what, and until when; and the locks of all who ever held one."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._held: dict[str, tuple[Lock, datetime]] = {}
        self._given: list[Lock] = []

    def steps(self, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        """Locks, and renewals and releases by whoever has or had one, or made one up."""
        verbs = st.sampled_from(["lock", "lock", "lock", "unlock", "unlock", "renew", "made_up"])
        return st.tuples(verbs, names, st.integers(0, 20), st.sampled_from(_ttls(self._bench)))

    async def take(self, store: Any, step: Any) -> None:
        """One lock, renewal or release."""
        verb, name, which, ttl = step
        self._forget()
        now = self._bench.now()
        if verb == "lock":
            if name in self._held:
                await self._bench.refuses(store.lock(name, ttl=ttl), LockUnavailable)
                return
            lock = await store.lock(name, ttl=ttl)
            self._bench.equal(lock.name, name, "the name of the lock")
            self._bench.true(all(lock.token != each.token for each in self._given), "a token of before", "a new one")
            highest = max((each.fence for each in self._given if each.name == name), default=lock.fence - 1)
            self._bench.true(lock.fence > highest, f"fence {lock.fence} after {highest}", "a higher one")
            self._given.append(lock)
            self._held[name] = lock, now + timedelta(seconds=ttl)
        elif self._given:
            lock = self._given[which % len(self._given)]
            if verb == "made_up":  # the name of one and the token of another
                lock = Lock(name=name, token=lock.token, fence=lock.fence)
            holds = lock.name in self._held and self._held[lock.name][0].token == lock.token
            if verb == "renew" and holds:
                self._bench.equal(await store.renew(lock, ttl=ttl), None, "renew")
                self._held[lock.name] = lock, now + timedelta(seconds=ttl)
            elif verb == "renew":
                await self._bench.refuses(store.renew(lock, ttl=ttl), LockUnavailable)
            else:
                self._bench.equal(await store.unlock(lock), holds, "unlock")
                if holds:
                    del self._held[lock.name]

    async def look(self, store: Any) -> None:
        """All that are held."""
        self._forget()
        told = await store.locks()
        expected = [(name, self._held[name][0].fence) for name in sorted(self._held)]
        self._bench.equal([(lock.name, lock.fence) for lock in told], expected, "locks, with their fences")
        for lock in told:
            left = (self._held[lock.name][1] - self._bench.now()).total_seconds()
            # Where the clock is not turned, time went by while it was asked.
            is_near = abs(lock.expires_in - left) <= (_EDGE_S if self._bench.clock.is_turned else 30.0)
            self._bench.true(is_near, f"{lock.name!r} for {lock.expires_in} s", f"{left} s")

    def ends(self) -> Iterator[datetime]:
        """Of each that is held."""
        return (end for _, end in self._held.values())

    def _forget(self) -> None:
        now = self._bench.now()
        self._held = {name: each for name, each in self._held.items() if each[1] > now}


class ExpectedWindows:
    """What was allowed when, by name and length."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._allowed: dict[tuple[str, float], list[tuple[datetime, int]]] = {}
        self._by_sums: set[tuple[str, float]] = set()

    def steps(self, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        """Requests of several weights, with limits that change, in windows whose lengths are alike."""
        pers = [1, 1.0, 1.2, 1.7, 10, 10.0, 0.3] if self._bench.clock.is_turned else [60, 60.0, 61.2, 61.7, _LONG]
        exact = st.sampled_from([True, True, True, False])
        return st.tuples(names, st.sampled_from(pers), st.integers(1, 6), st.integers(1, 4), exact)

    async def take(self, store: Any, step: Any) -> None:
        """One request."""
        name, per, limit, weight, exact = step
        key = name, float(per)
        least, most = self._counts(key)
        answer = await store.allow(name, limit=limit, per=per, weight=weight, exact=exact)
        self._told_right(key, limit, weight, answer)
        if answer.allowed:
            self._allowed.setdefault(key, []).append((self._bench.now(), weight))
            if not exact:
                self._by_sums.add(key)
            least, most = least + weight, most + weight
        left = max(0, limit - most), max(0, limit - least)
        in_range = type(answer.remaining) is int and left[0] <= answer.remaining <= left[1]
        self._bench.true(in_range, f"{answer.remaining!r} remaining", " to ".join(map(str, left)))

    def _told_right(self, key: tuple[str, float], limit: int, weight: int, answer: Any) -> None:
        """Nothing if a request may be answered so."""
        least, most = self._counts(key)
        what = f"a request of {weight} where {least} to {most} of {limit} are used"
        if least + weight > limit:
            self._bench.equal(answer.allowed, False, what)
        elif most + weight <= limit:
            self._bench.equal(answer.allowed, True, what)
        if answer.allowed:
            self._bench.equal(answer.retry_after, 0.0, "retry_after")
        elif weight > limit:
            self._bench.equal(answer.retry_after, math.inf, "retry_after")
        else:
            soonest, latest = self._frees(key, limit - weight)
            is_right = soonest <= answer.retry_after <= latest
            self._bench.true(is_right, f"retry_after {answer.retry_after}", f"{soonest} to {latest}")

    async def look(self, store: Any) -> None:
        """What is used in each window, and which windows there are."""
        sure, possible = set(), set()
        for name, per in self._allowed:
            least, most = self._counts((name, per))
            used = await store.used(name, per=int(per) if per == int(per) else per)
            self._bench.true(least <= used <= most, f"{used} used of {name!r} in {per} s", f"{least} to {most}")
            sure |= {(name, per)} if least else set()
            possible |= {(name, per)} if most else set()
        told = [(window.name, window.per) for window in await store.windows()]
        self._bench.equal([name for name, _ in told], sorted(name for name, _ in told), "the order of the windows")
        self._bench.equal(sure - set(told), set(), "windows that are missing")
        self._bench.equal(set(told) - possible, set(), "windows that are none")
        self._bench.equal(len(set(told)), len(told), "how many different windows")

    def ends(self) -> Iterator[datetime]:
        """Of each that was allowed."""
        for (_, per), allowed in self._allowed.items():
            for at, _ in allowed:
                yield at + timedelta(seconds=per)

    def _counts(self, key: tuple[str, float]) -> tuple[int, int]:
        """How much counts for certain, and how much at the most."""
        shortest, longest = self._lasts(key)
        ages = [((self._bench.now() - at).total_seconds(), weight) for at, weight in self._allowed.get(key, [])]
        return sum(w for age, w in ages if age < shortest), sum(w for age, w in ages if age < longest)

    def _lasts(self, key: tuple[str, float]) -> tuple[float, float]:
        """How long what was allowed counts at least and at the most; it is one window, whichever way it is noted."""
        return key[1] - _EDGE_S, key[1] * (_PART if key in self._by_sums else 1.0) + _EDGE_S

    def _frees(self, key: tuple[str, float], room: int) -> tuple[float, float]:
        """In how many seconds no more than ``room`` is used: at the soonest, and at the latest."""
        found = []
        for lasts in self._lasts(key):
            ages = [((self._bench.now() - at).total_seconds(), weight) for at, weight in self._allowed.get(key, [])]
            left = [(lasts - age, weight) for age, weight in ages if age < lasts]
            used = sum(weight for _, weight in left)
            moment = 0.0
            for moment_of_one, weight in sorted(left):
                if used <= room:
                    break
                used -= weight
                moment = moment_of_one
            found.append(moment)
        # Where the clock is not turned, time went by since the store looked at its own.
        slack = 0.0 if self._bench.clock.is_turned else 30.0
        return max(0.0, found[0] - slack), found[1] + slack


def _ttls(bench: Bench) -> list[float]:
    """Some that will be over, where the clock is turned; elsewhere none is."""
    return list(_TTLS if bench.clock.is_turned else _TTLS[-2:])
