"""Arguments that no verb for locks, counters, limits or values may take, by verb and argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.spi.coordination import HeldLock
from axon.testing.failure import NotApplicable

if TYPE_CHECKING:
    from axon.testing.bench import Bench

_LONG = 3600.0
_NAMES: tuple[Any, ...] = ("", "\0", "a\0b", "x" * 1025, "\ud800", None, 0, 1, True, b"n", ["n"], ("n",))
_NUMBERS: tuple[Any, ...] = (True, 1.0, 1.5, math.nan, math.inf, "1", b"1", None, [1])
_WEIGHTS: tuple[Any, ...] = (0, -1, -(2**63), 2**50 + 1, 2**64, *_NUMBERS)
_NO_SECONDS: tuple[Any, ...] = (True, False, "1", b"1", [1.0], 1j)
_SPANS: tuple[Any, ...] = (0, 0.0, -1, -1e-9, 5e-7, 1001 * 365 * 86_400, 10**400, math.inf, -math.inf, math.nan)
_ALL_SPANS = (*_SPANS, *_NO_SECONDS)
_WAITS: tuple[Any, ...] = (-1, -1e-9, -math.inf, math.nan, None, *_NO_SECONDS)
_BYTES: tuple[Any, ...] = ("x", "", 1, 0, True, [120], 1.5)
_FLAGS: tuple[Any, ...] = (None, 0, 1, "yes", "", 1.0)
_LOCKS: tuple[Any, ...] = (None, "n", b"n", 1, ("n", "token", 1), HeldLock(name="n", fence=1, expires_in=60.0))


@frozen(kw_only=True)
class Refusal:
    """An argument of a verb, and values that it must not have."""

    call: Callable[[Any, Any], Coroutine[Any, Any, Any]]
    values: Sequence[Any]
    requires: Capability

    def asked_of(self, bench: Bench) -> None:
        """``NotApplicable`` where the adapter does not declare the verb."""
        if not bench.has(self.requires):
            raise NotApplicable(f"{self.requires} not declared")


async def _renewed_too_late(store: Any, ttl: Any) -> None:
    held = await store.lock("of nobody", ttl=_LONG)
    await store.unlock(held)
    await store.renew(held, ttl=ttl)


async def _renewed(store: Any, ttl: Any) -> None:
    held = await store.lock("of ours", ttl=_LONG)
    try:
        await store.renew(held, ttl=ttl)
    finally:
        await store.unlock(held)


_BY_KIND: dict[Capability, dict[str, tuple[Callable[[Any, Any], Coroutine[Any, Any, Any]], Sequence[Any]]]] = {
    Capability.LOCKS: {
        "lock_name": (lambda store, bad: store.lock(bad, ttl=_LONG), _NAMES),
        "lock_ttl": (lambda store, bad: store.lock("n", ttl=bad), (None, *_ALL_SPANS)),
        "lock_ttl_of_one_that_is_free": (lambda store, bad: store.lock("free", ttl=bad), (None, *_ALL_SPANS)),
        "lock_wait": (lambda store, bad: store.lock("n", ttl=_LONG, wait=bad), _WAITS),
        "lock_wait_for_one_that_is_free": (lambda store, bad: store.lock("free", ttl=_LONG, wait=bad), _WAITS),
        "renew_lock": (lambda store, bad: store.renew(bad, ttl=_LONG), _LOCKS),
        "renew_ttl": (_renewed, (None, *_ALL_SPANS)),
        "renew_ttl_of_one_that_is_not_held": (_renewed_too_late, (None, *_ALL_SPANS)),
        "unlock_lock": (lambda store, bad: store.unlock(bad), _LOCKS),
    },
    Capability.COUNTERS: {
        "increment_name": (lambda store, bad: store.increment(bad), _NAMES),
        "increment_by": (lambda store, bad: store.increment("n", bad), _NUMBERS),
        "increment_out_of_range": (lambda store, bad: store.increment("n", bad), (2**63, -(2**63) - 8, 10**30)),
        "increment_of_nothing_out_of_range": (
            lambda store, bad: store.increment("free", bad),
            (2**63, -(2**63) - 1, 10**30, -(10**30)),
        ),
        "increment_of_nothing_out_of_range_with_a_ttl": (
            lambda store, bad: store.increment("free", bad, ttl=_LONG),
            (2**63, -(2**63) - 1),
        ),
        "increment_ttl": (lambda store, bad: store.increment("n", ttl=bad), _ALL_SPANS),
        "increment_ttl_of_a_new_one": (lambda store, bad: store.increment("free", ttl=bad), _ALL_SPANS),
        "counter_name": (lambda store, bad: store.counter(bad), _NAMES),
        "reset_name": (lambda store, bad: store.reset(bad), _NAMES),
    },
    Capability.LIMITS: {
        f"{verb}{which}": (call, values)
        for which, exact in (("", True), ("_by_sums", False))
        for verb, (call, values) in {
            "allow_name": (lambda store, bad, exact=exact: store.allow(bad, limit=9, per=_LONG, exact=exact), _NAMES),
            "allow_limit": (
                lambda store, bad, exact=exact: store.allow("n", limit=bad, per=_LONG, exact=exact),
                _WEIGHTS,
            ),
            "allow_per": (
                lambda store, bad, exact=exact: store.allow("n", limit=9, per=bad, exact=exact),
                (None, *_ALL_SPANS),
            ),
            "allow_weight": (
                lambda store, bad, exact=exact: store.allow("n", limit=9, per=_LONG, weight=bad, exact=exact),
                _WEIGHTS,
            ),
        }.items()
    }
    | {
        "allow_exact": (lambda store, bad: store.allow("n", limit=9, per=_LONG, exact=bad), _FLAGS),
        "used_name": (lambda store, bad: store.used(bad, per=_LONG), _NAMES),
        "used_per": (lambda store, bad: store.used("n", per=bad), (None, *_ALL_SPANS)),
    },
    Capability.VALUES: {
        "put_name": (lambda store, bad: store.put(bad, b"x", ttl=_LONG), _NAMES),
        "put_value": (lambda store, bad: store.put("n", bad, ttl=_LONG), (None, *_BYTES)),
        "put_ttl": (lambda store, bad: store.put("n", b"x", ttl=bad), (None, *_ALL_SPANS)),
        "swap_name": (lambda store, bad: store.swap(bad, None, b"x", ttl=_LONG), _NAMES),
        "swap_name_for_nothing": (lambda store, bad: store.swap(bad, b"x", None), _NAMES),
        "swap_old": (lambda store, bad: store.swap("n", bad, b"x", ttl=_LONG), _BYTES),
        "swap_old_for_nothing": (lambda store, bad: store.swap("n", bad, None), _BYTES),
        "swap_new": (lambda store, bad: store.swap("n", b"kept", bad, ttl=_LONG), _BYTES),
        "swap_new_for_another": (lambda store, bad: store.swap("n", b"other", bad, ttl=_LONG), _BYTES),
        "swap_ttl": (lambda store, bad: store.swap("n", b"kept", b"x", ttl=bad), (None, *_ALL_SPANS)),
        "swap_ttl_for_another": (lambda store, bad: store.swap("n", b"other", b"x", ttl=bad), (None, *_ALL_SPANS)),
        "values_names": (lambda store, bad: store.values(["n", bad]), _NAMES),
        "drop_name": (lambda store, bad: store.drop(bad), _NAMES),
    },
}

REFUSALS: dict[str, Refusal] = {
    name: Refusal(call=call, values=values, requires=requires)
    for requires, calls in _BY_KIND.items()
    for name, (call, values) in calls.items()
}
"""Calls that are to be refused where there is something under ``n`` of each kind, and nothing under ``free``."""
