"""What runs around calls: its order and arguments, and the two that come with the core."""

from __future__ import annotations

import asyncio
import logging
import pickle

import attrs
import pytest

from axon import EphemeralPolicy, Filter, MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import ConfigError, StoreUnavailable
from axon.middleware.logging import LoggingMiddleware
from axon.middleware.metrics import BOUNDS_MS, Key, Metric, MetricsMiddleware
from axon.spi import Query

ONE = MemoryConfig(session=SessionPolicy())
CANARY = "c4n4ry of a private memory"


class Record:
    def __init__(self):
        self.calls = []

    async def __call__(self, call, proceed):
        self.calls.append(call)
        return await proceed(call)


async def every_verb(memory):
    await memory.store(CANARY, id="a", tags=["t"])
    await memory.store_many([CANARY, CANARY])
    await memory.recall(CANARY, k=7)
    await memory.get("a")
    await memory.get_many(["a", "b"])
    await memory.update("a", text=CANARY + "!")
    await memory.count()
    await memory.count(Filter(tags=["t"]))
    _ = [entry async for entry in memory.scan()]
    await memory.forget("a")
    await memory.forget(["a", "b"])
    await memory.forget(Filter(tags=["none"]))
    await memory.health()
    await memory.clear("session")


VERBS = [
    "store",
    "store",
    "recall",
    "get",
    "get",
    "update",
    "count",
    "count",
    "scan",
    "forget",
    "forget",
    "forget",
    "health",
    "clear",
]


class TestCalls:
    def test_each_verb_with_its_argument(self):
        record = Record()
        asyncio.run(every_verb(MemorySystem(ONE, middleware=[record])))
        assert [call.verb for call in record.calls] == VERBS
        assert {(call.tier, call.adapter) for call in record.calls} == {("session", "memory")}
        by_verb = [call.argument for call in record.calls]
        assert [entry.text for entry in by_verb[0]] == [CANARY]
        assert all(isinstance(entry, MemoryEntry) for entry in by_verb[1])
        assert len(by_verb[1]) == 2
        assert by_verb[2] == Query(text=CANARY, limit=7)
        assert by_verb[3:5] == [["a"], ["a", "b"]]
        entry_id, changes = by_verb[5]
        assert (entry_id, changes["text"]) == ("a", CANARY + "!")
        assert by_verb[6:8] == [None, Filter(tags=["t"])]
        cursor, limit = by_verb[8]
        assert cursor is None
        assert limit > 0
        assert by_verb[9:11] == [["a"], ["a", "b"]]
        assert by_verb[11] == Filter(tags=["none"])
        assert by_verb[12:] == [None, None]

    def test_every_tier_has_its_own_call(self):
        record = Record()
        memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy(), session=SessionPolicy()), middleware=[record])
        asyncio.run(memory.recall("x"))
        assert {call.tier for call in record.calls} == {"ephemeral", "session"}

    def test_the_first_is_the_outermost_and_the_config_is_outside_of_arguments(self):
        order = []

        def named(name):
            async def middleware(call, proceed):
                order.append(f"+{name}")
                result = await proceed(call)
                order.append(f"-{name}")
                return result

            return middleware

        memory = MemorySystem(
            MemoryConfig(session=SessionPolicy(), middleware=["metrics"]), middleware=[named("a"), named("b")]
        )
        asyncio.run(memory.count())
        assert order == ["+a", "+b", "-b", "-a"]
        assert isinstance(memory.middleware[0], MetricsMiddleware)
        assert len(memory.middleware) == 3

    def test_a_call_can_be_changed(self):
        async def redact(call, proceed):
            if call.verb == "store":
                call = attrs.evolve(call, argument=[attrs.evolve(entry, text="redacted") for entry in call.argument])
            return await proceed(call)

        memory = MemorySystem(ONE, middleware=[redact])
        entry_id = asyncio.run(memory.store(CANARY))
        assert asyncio.run(memory.get(entry_id)).text == "redacted"

    def test_a_result_can_be_changed(self):
        async def hide(call, proceed):
            result = await proceed(call)
            return [hit for hit in result if "secret" not in hit.entry.tags] if call.verb == "recall" else result

        memory = MemorySystem(ONE, middleware=[hide])
        asyncio.run(memory.store_many([{"text": "a note", "tags": ["secret"]}, "a note"]))
        assert len(asyncio.run(memory.recall("note"))) == 1

    def test_a_call_can_be_refused(self):
        async def gate(call, proceed):
            if call.verb == "store":
                raise PermissionError("not here")
            return await proceed(call)

        memory = MemorySystem(ONE, middleware=[gate])
        with pytest.raises(PermissionError, match="not here"):
            asyncio.run(memory.store("x"))
        assert asyncio.run(memory.count()) == 0

    def test_a_call_can_be_made_again(self, failing):
        attempts = []

        async def retry(call, proceed):
            try:
                return await proceed(call)
            except StoreUnavailable:
                attempts.append(call.verb)
                return await proceed(call)

        memory = MemorySystem(ONE, adapters={"session": failing(StoreUnavailable("x", sent=False))}, middleware=[retry])
        with pytest.raises(StoreUnavailable):
            asyncio.run(memory.count())
        assert attempts == ["count"]


class TestLogging:
    @staticmethod
    def logged(caplog, adapters=None, **settings):
        caplog.set_level(logging.DEBUG)
        config = MemoryConfig(session=SessionPolicy(), middleware=[{"name": "logging", **settings}])
        return MemorySystem(config, adapters=adapters)

    @staticmethod
    def records(caplog):
        return [record for record in caplog.records if record.name == "axon.calls"]

    def test_text_is_not_logged(self, caplog):
        asyncio.run(every_verb(self.logged(caplog)))
        records = self.records(caplog)
        assert [record.axon_verb for record in records] == VERBS
        for record in records:
            assert CANARY not in record.getMessage()
            assert CANARY not in repr(vars(record))

    def test_text_is_logged_where_that_is_asked_for(self, caplog):
        asyncio.run(every_verb(self.logged(caplog, text=True)))
        by_verb = {record.axon_verb: record.getMessage() for record in self.records(caplog)[:6]}
        assert CANARY in by_verb["store"]
        assert CANARY in by_verb["recall"]
        assert CANARY in by_verb["update"]

    def test_the_attributes_of_a_record(self, caplog):
        asyncio.run(every_verb(self.logged(caplog, level="info")))
        records = self.records(caplog)
        assert {record.levelno for record in records} == {logging.INFO}
        assert [record.axon_count for record in records] == [1, 2, 3, 1, 1, 1, 3, 1, 3, 1, 0, 0, 1, 2]
        assert {(record.axon_tier, record.axon_adapter) for record in records} == {("session", "memory")}
        assert all(record.axon_ms >= 0 and record.axon_error is None for record in records)

    @pytest.mark.parametrize("verb", ["store", "recall"])
    def test_a_failure_is_an_error_with_its_type_and_no_text(self, caplog, failing, verb):
        memory = self.logged(caplog, adapters={"session": failing(StoreUnavailable(CANARY, sent=False))})
        with pytest.raises(StoreUnavailable):
            asyncio.run(getattr(memory, verb)(CANARY))
        (record,) = self.records(caplog)
        assert (record.levelno, record.axon_error, record.axon_count) == (logging.ERROR, "StoreUnavailable", 0)
        assert CANARY not in record.getMessage()
        assert record.exc_info is None

    def test_nothing_below_its_level(self, caplog):
        caplog.set_level(logging.WARNING)
        memory = MemorySystem(ONE, middleware=[LoggingMiddleware(level="info")])
        asyncio.run(memory.store(CANARY))
        assert self.records(caplog) == []

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"level": "loud"}, r"expected one of debug, info, warning, got 'loud' @ middleware\[0\]\.level"),
            ({"level": 5}, r"@ middleware\[0\]\.level"),
            ({"text": 1}, r"expected true or false, got a whole number @ middleware\[0\]\.text"),
        ],
    )
    def test_settings_are_checked(self, settings, says):
        with pytest.raises(ConfigError, match=says):
            MemorySystem(MemoryConfig(session=SessionPolicy(), middleware=[{"name": "logging", **settings}]))


class TestMetrics:
    def test_calls_by_tier_and_verb(self):
        metrics = MetricsMiddleware()
        asyncio.run(every_verb(MemorySystem(ONE, middleware=[metrics])))
        assert {key: metric.calls for key, metric in metrics.metrics.items()} == {
            Key("session", verb): VERBS.count(verb) for verb in set(VERBS)
        }
        for metric in metrics.metrics.values():
            assert metric.errors == 0
            assert sum(metric.buckets) == metric.calls
            assert metric.total_ms >= metric.slowest_ms > 0

    def test_errors_are_calls_too(self, failing):
        metrics = MetricsMiddleware()
        memory = MemorySystem(ONE, adapters={"session": failing(ValueError())}, middleware=[metrics])
        for _ in range(3):
            with pytest.raises(ValueError):
                asyncio.run(memory.count())
        assert metrics.metrics.keys() == {("session", "count")}
        metric = metrics.metrics[Key("session", "count")]
        assert (metric.calls, metric.errors, sum(metric.buckets)) == (3, 3, 3)

    @pytest.mark.parametrize(
        ("milliseconds", "bucket"),
        [
            (0.0, 0),
            (0.05, 0),
            (0.051, 1),
            (1.0, 4),
            (1.001, 5),
            (5000.0, len(BOUNDS_MS) - 1),
            (5000.1, len(BOUNDS_MS)),
            (1e9, len(BOUNDS_MS)),
        ],
    )
    def test_buckets_hold_what_took_at_most_their_bound(self, milliseconds, bucket):
        metric = Metric()
        metric.record(milliseconds, failed=False)
        assert metric.buckets.index(1) == bucket
        assert metric.slowest_ms == metric.total_ms == milliseconds

    def test_quantiles(self):
        metric = Metric()
        assert metric.quantile(0.5) == 0
        for milliseconds in [0.2] * 90 + [40.0] * 9 + [9000.0]:
            metric.record(milliseconds, failed=False)
        assert [metric.quantile(share) for share in (0.0, 0.5, 0.9, 0.95, 0.99, 1.0)] == [
            0.25,
            0.25,
            0.25,
            50.0,
            50.0,
            9000.0,
        ]

    def test_two_metrics_share_no_bucket(self):
        Metric().record(1.0, failed=False)
        assert sum(Metric().buckets) == 0
        assert pickle.loads(pickle.dumps(Metric())) == Metric()


class Waiting(InMemoryAdapter):
    """Waits in ``count`` until it is cancelled."""

    def __init__(self):
        super().__init__()
        self.entered = asyncio.Event()

    async def count(self, filter=None):
        self.entered.set()
        await asyncio.Event().wait()


async def cancelled_call(middleware):
    adapter = Waiting()
    memory = MemorySystem(ONE, adapters={"session": adapter}, middleware=[middleware])
    task = asyncio.create_task(memory.count())
    await adapter.entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestCancelledCalls:
    def test_logged_as_what_they_are_and_not_as_errors(self, caplog):
        caplog.set_level(logging.DEBUG)
        asyncio.run(cancelled_call(LoggingMiddleware(level="info")))
        (record,) = [record for record in caplog.records if record.name == "axon.calls"]
        assert (record.levelno, record.axon_outcome, record.axon_error) == (logging.INFO, "cancelled", None)
        assert record.getMessage().startswith("session count (Waiting): cancelled in ")

    def test_counted_apart_from_errors(self):
        middleware = MetricsMiddleware()
        asyncio.run(cancelled_call(middleware))
        metric = middleware.metrics[Key("session", "count")]
        assert (metric.calls, metric.errors, metric.cancelled, sum(metric.buckets)) == (1, 0, 1, 1)

    def test_outcomes_of_the_others(self, caplog, failing):
        caplog.set_level(logging.DEBUG)
        memory = MemorySystem(
            MemoryConfig(ephemeral=EphemeralPolicy(), session=SessionPolicy()),
            adapters={"session": failing(StoreUnavailable("x", sent=False))},
            middleware=[LoggingMiddleware()],
        )
        asyncio.run(memory.count(tier="ephemeral"))
        with pytest.raises(StoreUnavailable):
            asyncio.run(memory.count(tier="session"))
        records = [record for record in caplog.records if record.name == "axon.calls"]
        assert [(record.axon_outcome, record.axon_error) for record in records] == [
            ("ok", None),
            ("failed", "StoreUnavailable"),
        ]
