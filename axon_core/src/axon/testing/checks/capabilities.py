"""What is declared is done, and what is done is declared."""

from __future__ import annotations

import inspect

from axon.core.capabilities import Capability
from axon.core.errors import AxonError, CapabilityError
from axon.spi.coordination import PROTOCOLS
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable, NotDeclared
from axon.testing.other_process import other_process

_CASES = {capability.value: (capability, protocol) for capability, protocol in PROTOCOLS.items()}


@check(each=_CASES)
def with_a_protocol_are_declared_and_there(bench: Bench, case: tuple[Capability, type]) -> None:
    """Who declares locks, counters, limits or values has the methods of their protocol in axon.spi, each `async def`.

    If this fails, check the names of the methods, and what the spec declares.
    """
    capability, protocol = case
    names = [name for name in vars(protocol) if not name.startswith("_")]
    there = [name for name in names if inspect.iscoroutinefunction(getattr(bench.subject.type, name, None))]
    if bench.has(capability):
        bench.equal(there, names, f"the methods of {protocol.__name__}")
    elif there == names:
        raise NotDeclared(capability)


@check()
def of_transactions_are_for_later(bench: Bench) -> None:
    """This version of the contract has no interface for transactions, so that no adapter can declare them.

    If this fails, take Capability.TRANSACTIONS out of the spec.
    """
    bench.true(not bench.has(Capability.TRANSACTIONS), "transactions declared", "nothing that has no interface")


@check()
async def of_words_are_declared_or_refused(bench: Bench) -> None:
    """A query by words alone of an adapter without text_search finds nothing by words, or is refused with an error of
    Axon's; one that finds has to declare it.

    If this fails, check that an unsupported query raises CapabilityError.
    """
    if bench.has(Capability.TEXT_SEARCH):
        raise NotApplicable("declared: the checks on words look at it")
    store = bench.open()
    await store.save(bench.entry("a", "red fox"))
    try:
        found = await bench.ids(store, text="fox")
    except AxonError:
        return
    if found:
        raise NotDeclared(Capability.TEXT_SEARCH)


@check()
async def of_vectors_are_declared_or_refused(bench: Bench) -> None:
    """A query by a vector alone of an adapter without vector_search is refused with CapabilityError.

    If this fails, check that it does not answer with entries in any order.
    """
    if bench.has(Capability.VECTOR_SEARCH):
        raise NotApplicable("declared: the checks on vectors look at it")
    store = bench.open()
    far, near = bench.whole_entry("far", embedding=[0.0, 1.0]), bench.whole_entry("near", embedding=[1.0, 0.0])
    try:
        await store.save_many([far, near])
    except AxonError:
        await store.save_many([bench.entry("far"), bench.entry("near")])
    try:
        found = await store.query(Query(vector=bench.vector([1.0, 0.1])))
    except CapabilityError:
        return
    ranked = [hit.entry.id for hit in found] == ["near", "far"] and found[0].score > found[1].score
    if ranked:
        raise NotDeclared(Capability.VECTOR_SEARCH)
    bench.true(False, f"{[hit.entry.id for hit in found]}", "CapabilityError")


@check()
async def of_ttl_are_declared(bench: Bench) -> None:
    """An adapter that lets entries expire declares ttl; one without it keeps them, end and all.

    If this fails, check what the spec declares.
    """
    if bench.has(Capability.TTL):
        raise NotApplicable("declared: the checks on expiry look at it")
    store = bench.open()
    entry = bench.entry("a", lives=0.25)
    await store.save(entry)
    await bench.wait_until(entry.expires_at or bench.now())
    if await store.get("a") is None:
        raise NotDeclared(Capability.TTL)


@check()
async def of_persistence_are_declared(bench: Bench) -> None:
    """An adapter whose entries outlive it declares persistence, or that it is shared.

    If this fails, check what the spec declares.
    """
    if bench.has(Capability.PERSISTENCE):
        raise NotApplicable("declared: the checks on persistence look at it")
    first = bench.open(called="first")
    await first.save(bench.entry("a"))
    await first.close()
    if await bench.open(called="second").get("a") is not None and not bench.has(Capability.SHARED):
        raise NotDeclared(Capability.PERSISTENCE, ", if a restart keeps it too")


@check()
def of_sharing_are_declared(bench: Bench) -> None:
    """An adapter whose entries other processes see declares shared.

    If this fails, check what the spec declares.
    """
    if bench.has(Capability.SHARED):
        raise NotApplicable("declared: the checks on sharing look at it")
    store = bench.open()
    bench.run(store.save(bench.entry("a")))
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        try:
            found = process.call("get", "a")
        except RuntimeError:  # it refuses a second process, which is fair
            return
    if found is not None:
        raise NotDeclared(Capability.SHARED)
