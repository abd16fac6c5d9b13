"""Counts and latencies by tier and verb, in a plain object.

An exporter reads :attr:`MetricsMiddleware.metrics`, or takes the place of this middleware: spans and
meters of OpenTelemetry belong into a distribution of their own that offers one.
"""

from __future__ import annotations

from asyncio import CancelledError
from bisect import bisect_left
from time import perf_counter
from typing import Any, NamedTuple

from attrs import Factory, define

from axon.spi.middleware import Call, Proceed

BOUNDS_MS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0)
"""Upper bounds of the buckets in milliseconds; a last bucket takes what is slower."""


class Key(NamedTuple):
    """What is counted apart."""

    tier: str
    verb: str


@define
class Metric:
    """How often, how often in vain, how long."""

    calls: int = 0
    """All, those that failed and those that were cancelled among them."""
    errors: int = 0
    cancelled: int = 0
    """Calls whose caller gave up; they are no errors."""
    total_ms: float = 0.0
    slowest_ms: float = 0.0
    buckets: list[int] = Factory(lambda: [0] * (len(BOUNDS_MS) + 1))
    """Calls by latency: ``buckets[i]`` took at most ``BOUNDS_MS[i]`` milliseconds."""

    def record(self, milliseconds: float, *, failed: bool = False, cancelled: bool = False) -> None:
        """Count one call."""
        self.calls += 1
        self.errors += failed
        self.cancelled += cancelled
        self.total_ms += milliseconds
        self.slowest_ms = max(self.slowest_ms, milliseconds)
        self.buckets[bisect_left(BOUNDS_MS, milliseconds)] += 1

    def quantile(self, share: float) -> float:
        """Milliseconds that ``share`` (0 to 1) of the calls took at most, to the bound of a bucket; 0 without calls."""
        wanted, seen = share * self.calls, 0
        for bound, count in zip((*BOUNDS_MS, self.slowest_ms), self.buckets, strict=True):
            seen += count
            if count and seen >= wanted:
                return min(bound, self.slowest_ms)
        return self.slowest_ms


class MetricsMiddleware:
    """Keeps a :class:`Metric` for every tier and verb that was called."""

    def __init__(self) -> None:
        self.metrics: dict[Key, Metric] = {}

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        """Time the call."""
        start, failed, cancelled = perf_counter(), False, False
        try:
            return await proceed(call)
        except CancelledError:
            cancelled = True
            raise
        except BaseException:
            failed = True
            raise
        finally:
            metric = self.metrics.setdefault(Key(call.tier, call.verb), Metric())
            metric.record((perf_counter() - start) * 1000, failed=failed, cancelled=cancelled)
