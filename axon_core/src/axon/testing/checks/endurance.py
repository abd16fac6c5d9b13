"""After calls that were refused, that failed or that were cancelled, however many, every verb still works."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from axon.core.errors import InvalidInput, StoreError
from axon.testing.bench import Bench
from axon.testing.cancelling import cancelled_at, told_of_cancelling
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.refusals import REFUSALS, Refusal
from axon.testing.verbs import FAILING, VERBS, Verb, every_verb_works

_AGAIN = 30
_AT_ONCE = 40
"""So many calls at once are more than a pool has connections."""


@check(each=FAILING)
async def is_not_worn_out_by_what_fails_in(bench: Bench, verb: Verb) -> None:
    """A call that fails, or that is answered with a no, leaves an adapter that works as before: for all verbs, and
    however often, one after the other and at once.

    If this fails, check what a verb takes before it fails and gives back after it has not: a connection of a pool, a
    place in a queue, a flag, a transaction.
    """
    verb.asked_of(bench)
    store = bench.open()
    for number in range(_AGAIN):
        await verb.call(store, bench, f"n{number}")
    await _others_work(bench, store, verb)
    await store.clear()
    await every_verb_works(bench, store, "after")


@check(each=REFUSALS)
async def is_not_worn_out_by_what_is_refused_of(bench: Bench, refusal: Refusal) -> None:
    """A call that is refused leaves an adapter that works as before: for all verbs, and however often.

    If this fails, check that arguments are looked at before anything is taken, or that it is given back.
    """
    refusal.asked_of(bench)
    store = bench.open()
    for number in range(_AT_ONCE):
        with suppress(Exception):  # which error it is, the checks on arguments tell
            await refusal.call(store, refusal.values[number % len(refusal.values)])
    await _others_work(bench, store)
    await every_verb_works(bench, store, "after")


@check(each=VERBS)
async def is_not_worn_out_by_cancelling(bench: Bench, verb: Verb) -> None:
    """A call that is cancelled, at any await and however often, leaves an adapter in which every verb works.

    If this fails, check that what a call takes is given back in a `finally`, be it a connection, a lock or a flag.
    """
    verb.asked_of(bench)
    store = bench.open()
    await store.save(bench.entry("there", tags=["t"]))
    number = 0
    for turn in range(_AGAIN):
        number += 1
        if await cancelled_at(verb.call(store, bench, f"n{turn}"), number):
            bench.steps.add(f"which was cancelled at its await number {number}")
            await _others_work(bench, store, verb)
        elif number == 1:  # it never waits
            break
        else:
            number = 0
    await store.clear()
    await every_verb_works(bench, store, "after")


@check(each=VERBS)
async def is_not_worn_out_by_cancelling_many_at_once(bench: Bench, verb: Verb) -> None:
    """Of calls at once of which all are cancelled, none holds anything back from those that come after.

    If this fails, check the queue for a connection: who leaves it, and who is woken in its place.
    """
    verb.asked_of(bench)
    store = bench.open()
    await store.save(bench.entry("there", tags=["t"]))
    for turns in range(3):
        tasks = [asyncio.ensure_future(verb.call(store, bench, f"n{turns}-{n}")) for n in range(_AT_ONCE)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    await store.clear()
    await every_verb_works(bench, store, "after")


async def _others_work(bench: Bench, store: Any, verb: Verb | None = None) -> None:
    """Nothing if no other verb than ``verb`` fails, which might put right what it has left."""
    for name, other in VERBS.items():
        if other is not verb and (other.requires is None or bench.has(other.requires)):
            await other.call(store, bench, f"{name} of another")


@check(each=VERBS)
async def tells_of_cancelling(bench: Bench, verb: Verb) -> None:
    """A call of this verb that is cancelled while it waits ends as cancelled, and as nothing else.

    If this fails, check for an `except` that makes another error of a cancellation, or an answer.
    """
    verb.asked_of(bench)
    for number in range(1, _AGAIN):
        bench.fresh()
        store = bench.open()
        await store.save(bench.entry("n", tags=["t"]))
        told = await told_of_cancelling(verb.call(store, bench, "n"), number)
        if told is None:
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        bench.equal(told, True, "whether the call ended as cancelled")


@check(each=VERBS)
async def is_not_worn_out_by_a_store_that_is_away(bench: Bench, verb: Verb) -> None:
    """While a store cannot be reached every call is an error of Axon's, the last one as the first.

    If this fails, check what an attempt to connect leaves: a place in a pool, a task, a lock; and that each verb makes
    StoreUnavailable of the errors of its driver, those of locks, counters, limits and values too.
    """
    verb.asked_of(bench)
    if bench.subject.unreachable is None:
        raise NotApplicable("no `unreachable` settings are given, with which no store answers")
    store = bench.open(settings=bench.subject.unreachable)
    if verb is VERBS["health"]:
        answers = await asyncio.gather(*(store.health() for _ in range(_AT_ONCE)))
        bench.equal({answer.status for answer in answers}, {"down"}, "status")
        return
    calls = (verb.call(store, bench, f"n{n}") for n in range(_AT_ONCE))
    for error in await asyncio.gather(*calls, return_exceptions=True):
        is_ours = isinstance(error, StoreError) and not isinstance(error, InvalidInput)
        bench.true(is_ours and str(error).strip(), repr(error), "a StoreError with a message")
    await store.close()
