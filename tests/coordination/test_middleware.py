"""Middleware around the verbs: it sees each question to the store, and logs no secrets."""

from __future__ import annotations

import asyncio
import logging

import pytest
from coordination_scene import scene

from axon.core.errors import LockUnavailable
from axon.middleware.logging import LoggingMiddleware
from axon.middleware.metrics import MetricsMiddleware

CANARY = "c4n4ry"


async def every_verb(memory):
    async def result():
        return CANARY

    async with memory.lock(CANARY, ttl=3, wait=0):
        with pytest.raises(LockUnavailable):
            async with memory.lock(CANARY, wait=0):
                pytest.fail("the body ran without the lock")
        await memory.locks()
        await asyncio.sleep(1.5)
    await memory.limit(CANARY, 5, per=60).acquire(CANARY)
    await memory.limit(CANARY, 5, per=60).used(CANARY)
    await memory.limits()
    await memory.once(CANARY)
    await memory.flag(CANARY).set(CANARY)
    await memory.flag(CANARY).read()
    await memory.flag(CANARY).clear()
    await memory.once_result(CANARY, result)


VERBS = ["lock", "lock", "locks", "renew", "unlock", "allow", "used", "windows", "swap", "put", "values", "drop"]
OF_A_RESULT = ["values", "lock", "values", "put", "swap", "unlock"]


@scene
async def test_each_verb_with_its_arguments_by_name(scene):
    calls = []

    async def record(call, proceed):
        calls.append(call)
        return await proceed(call)

    await every_verb(scene.another(record))
    assert [call.verb for call in calls] == VERBS + OF_A_RESULT
    assert {(call.tier, call.adapter) for call in calls} == {("ephemeral", "InMemoryAdapter")}
    first = {call.verb: call.argument for call in reversed(calls)}
    assert first["lock"] == {"name": f"lock:{CANARY}", "ttl": 3, "wait": 0}
    assert first["renew"].keys() == {"lock", "ttl"}
    assert first["put"] == {"name": f"flag:{CANARY}", "value": b'"c4n4ry"', "ttl": 60}


@scene
async def test_a_call_can_be_refused_and_changed(scene):
    async def gate(call, proceed):
        if call.verb == "put":
            raise PermissionError("not here")
        if call.verb == "allow":
            call.argument["limit"] = 1
        return await proceed(call)

    memory = scene.another(gate)
    with pytest.raises(PermissionError):
        await memory.flag("a").set()
    limiter = memory.limit("a", 100, per=60)
    assert [(await limiter.acquire()).allowed for _ in range(2)] == [True, False]


def logged(caplog, **settings):
    """The records of every verb, and the tokens of the locks."""
    caplog.set_level(logging.DEBUG)

    @scene
    async def played(scene):
        tokens = []

        async def watch(call, proceed):
            answer = await proceed(call)
            if call.verb == "lock":
                tokens.append(answer.token)
            return answer

        await every_verb(scene.another(LoggingMiddleware(**settings), watch))
        assert len(tokens) == 2
        caplog.tokens = tokens

    played()
    return [record for record in caplog.records if record.name == "axon.calls"]


def test_with_text_off_neither_names_nor_values_nor_tokens_are_logged(caplog):
    records = logged(caplog)
    assert [record.axon_verb for record in records] == VERBS + OF_A_RESULT
    for record in records:
        said = record.getMessage() + repr(vars(record))
        assert CANARY not in said
        assert not any(token in said for token in caplog.tokens)
    failed = [record for record in records if record.axon_outcome == "failed"]
    assert [(record.axon_verb, record.axon_error) for record in failed] == [("lock", "LockUnavailable")]


def test_with_text_on_names_are_and_tokens_are_not(caplog):
    records = logged(caplog, text=True)
    assert all(CANARY in record.getMessage() for record in records if record.axon_verb not in {"locks", "windows"})
    assert not any(token in record.getMessage() for token in caplog.tokens for record in records)


def test_calls_are_counted():
    metrics = MetricsMiddleware()

    @scene
    async def played(scene):
        await every_verb(scene.another(metrics))

    played()
    counted = {key.verb: (metric.calls, metric.errors) for key, metric in metrics.metrics.items()}
    every = VERBS + OF_A_RESULT
    assert counted == {verb: (every.count(verb), int(verb == "lock")) for verb in every}
