"""A store that does not answer: an error of Axon's, and a health that says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from axon.core.errors import StoreError, StoreUnavailable
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

Act = Callable[[Any, Bench], Awaitable[Any]]
_ACTS: dict[str, Act] = {
    "save": lambda store, bench: store.save(bench.entry("a")),
    "save_many": lambda store, bench: store.save_many([bench.entry("a"), bench.entry("b")]),
    "get": lambda store, bench: store.get("a"),
    "get_many": lambda store, bench: store.get_many(["a", "b"]),
    "delete": lambda store, bench: store.delete("a"),
    "delete_many": lambda store, bench: store.delete_many(["a"]),
    "delete_where": lambda store, bench: store.delete_where(Filter(tags=["t"])),
    "update": lambda store, bench: store.update("a", text="words"),
    "query": lambda store, bench: bench.ids(store, filter=Filter()),
    "scan": lambda store, bench: store.scan(),
    "count": lambda store, bench: store.count(),
    "clear": lambda store, bench: store.clear(),
}


def _unreachable(bench: Bench) -> Any:
    if bench.subject.unreachable is None:
        raise NotApplicable("no `unreachable` settings are given, with which no store answers")
    return bench.open(settings=bench.subject.unreachable)


@check(each=_ACTS)
async def when_nobody_answers_are_raised_by(bench: Bench, act: Act) -> None:
    """A store that cannot be reached makes the call raise an error of Axon's, soon, and with a message.

    If this fails, check that the driver's errors become StoreUnavailable, and that none is swallowed.
    """
    store = _unreachable(bench)

    async def call() -> Any:
        return await act(store, bench)

    error = await bench.refuses(call(), StoreError)
    bench.true(str(error).strip(), "an error without a message", "what happened and where")


@check()
async def say_whether_it_may_have_run(bench: Bench) -> None:
    """A command that was never sent is told as such: `sent` is False.

    If this fails, check that a failure to connect is StoreUnavailable(..., sent=False).
    """
    store = _unreachable(bench)
    error = await bench.refuses(store.get("a"), StoreUnavailable)
    bench.equal(getattr(error, "sent", None), False, "sent")


@check()
async def are_told_by_health(bench: Bench) -> None:
    """`health` of a store that cannot be reached is "down", and says why; it does not raise.

    If this fails, check that everything in it is caught.
    """
    store = _unreachable(bench)
    health = await store.health()
    bench.equal(health.status, "down", "status")
    bench.true(health.detail.strip(), "no detail", "a sentence that says why")
    await store.close()
