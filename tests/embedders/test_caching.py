"""CachingEmbedder: what comes back is right, nothing is asked twice, and nobody harms anybody else."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest

from axon import AxonError
from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import EmbeddingFailed, InvalidInput, WrongType
from axon.testing import HashEmbedder


class Recording:
    """Writes down what it is asked, and answers what it is told, when it is told."""

    name = "recording"
    version = "3"
    dimension = 4

    def __init__(self, answer=None):
        self.asked = []
        self.answer = answer or (lambda texts: np.eye(4, dtype=np.float32)[[len(text) % 4 for text in texts]])
        self.gate = None
        self.cancelled = 0
        self.closed = 0

    async def embed(self, texts):
        self.asked.append(list(texts))
        if self.gate is not None:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return self.answer(texts)

    async def aclose(self):
        self.closed += 1


class Asymmetric(Recording):
    async def embed_queries(self, texts):
        self.asked.append([f"query: {text}" for text in texts])
        return np.eye(4, dtype=np.float32)[[3] * len(texts)]


async def until(condition):
    while not condition():  # noqa: ASYNC110 - the loop has to turn, and no event tells
        await asyncio.sleep(0)


def lists(vectors):
    return [list(vector) for vector in vectors]


def test_vectors_come_in_the_order_of_the_texts():
    cached = CachingEmbedder(Recording())
    found = asyncio.run(cached.embed(["aa", "a", "", "aaa"]))
    assert lists(found) == np.eye(4)[[2, 1, 0, 3]].tolist()
    assert all(vector.format == "f" and vector.readonly for vector in found)


def test_no_text_is_asked_twice():
    async def scenario():
        inner = Recording()
        cached = CachingEmbedder(inner)
        first = await cached.embed(["a", "bb", "a"])
        second = await cached.embed(["bb", "ccc", "a"])
        assert inner.asked == [["a", "bb"], ["ccc"]]
        assert first[0] == first[2] == second[2]
        assert first[1] == second[0]

    asyncio.run(scenario())


def test_the_texts_used_last_are_kept():
    async def scenario():
        inner = Recording()
        cached = CachingEmbedder(inner, size=2)
        await cached.embed(["a", "b"])
        await cached.embed(["a"])
        await cached.embed(["c"])
        inner.asked.clear()
        await cached.embed(["a"])
        assert inner.asked == []
        await cached.embed(["b"])
        assert inner.asked == [["b"]]

    asyncio.run(scenario())


def test_more_texts_than_are_kept():
    async def scenario():
        inner = Recording()
        for size in (0, 2):
            cached = CachingEmbedder(inner, size=size)
            assert len(await cached.embed(["a", "bb", "ccc", "dddd"])) == 4

    asyncio.run(scenario())


def test_concurrent_calls_for_a_text_ask_once():
    async def scenario():
        inner = Recording()
        inner.gate = asyncio.Event()
        cached = CachingEmbedder(inner)
        calls = [asyncio.create_task(cached.embed(texts)) for texts in (["a", "bb"], ["bb"], ["bb", "ccc"])]
        await until(lambda: len(inner.asked) == 2)
        inner.gate.set()
        found = await asyncio.gather(*calls)
        assert inner.asked == [["a", "bb"], ["ccc"]]
        assert found[0][1] == found[1][0] == found[2][0]

    asyncio.run(scenario())


def test_who_is_cancelled_takes_nobody_along():
    async def scenario():
        inner = Recording()
        inner.gate = asyncio.Event()
        cached = CachingEmbedder(inner)
        first = asyncio.create_task(cached.embed(["a"]))
        await until(lambda: inner.asked)
        second = asyncio.create_task(cached.embed(["a"]))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        inner.gate.set()
        assert lists(await second) == [[0, 1, 0, 0]]
        assert inner.asked == [["a"]]
        assert inner.cancelled == 0

    asyncio.run(scenario())


def test_the_last_one_who_is_cancelled_ends_the_work():
    async def scenario():
        inner = Recording()
        inner.gate = asyncio.Event()
        cached = CachingEmbedder(inner)
        calls = [asyncio.create_task(cached.embed(["a"])) for _ in range(2)]
        await until(lambda: inner.asked)
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        late = asyncio.create_task(cached.embed(["a"]))
        assert all(isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*calls, return_exceptions=True))
        await until(lambda: inner.cancelled)
        inner.gate.set()
        assert lists(await late) == [[0, 1, 0, 0]]
        assert inner.asked == [["a"], ["a"]]

    asyncio.run(scenario())


def test_a_failure_is_not_remembered():
    async def scenario():
        inner = Recording(lambda texts: 1 / 0)
        cached = CachingEmbedder(inner)
        with pytest.raises(EmbeddingFailed, match="embedder 'recording': ZeroDivisionError: division by zero; nothing"):
            await cached.embed(["a"])
        inner.answer = lambda texts: [[1, 0, 0, 0]]
        assert lists(await cached.embed(["a"])) == [[1, 0, 0, 0]]

    asyncio.run(scenario())


def test_all_who_wait_for_one_text_learn_of_its_failure():
    async def scenario():
        inner = Recording(lambda texts: 1 / 0)
        inner.gate = asyncio.Event()
        cached = CachingEmbedder(inner)
        calls = [asyncio.create_task(cached.embed(["a"])) for _ in range(3)]
        await until(lambda: inner.asked)
        await asyncio.sleep(0)
        inner.gate.set()
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(error) for error in errors] == [EmbeddingFailed] * 3
        assert len({id(error) for error in errors}) == 3, "a tier writes its name into the error"
        assert inner.asked == [["a"]]

    asyncio.run(scenario())


def test_the_text_of_another_call_that_fails_harms_nobody():
    def picky(texts):
        if "bad" in texts:
            raise ValueError("no such text")
        return [[0, 0, 1, 0]] * len(texts)

    async def scenario():
        inner = Recording(picky)
        inner.gate = asyncio.Event()
        cached = CachingEmbedder(inner)
        batch = asyncio.create_task(cached.embed(["bad", "good"]))
        await until(lambda: inner.asked)
        one = asyncio.create_task(cached.embed(["good"]))
        await asyncio.sleep(0)
        inner.gate.set()
        assert lists(await one) == [[0, 0, 1, 0]]
        with pytest.raises(EmbeddingFailed, match="no such text"):
            await batch

    asyncio.run(scenario())


def test_one_loop_after_another():
    inner = Recording()
    cached = CachingEmbedder(inner)

    async def abandoned():
        inner.gate = asyncio.Event()
        task = asyncio.create_task(cached.embed(["a"]))
        await until(lambda: inner.asked)
        return task  # which asyncio.run cancels

    asyncio.run(abandoned())
    inner.gate = None
    for _ in range(2):
        assert lists(asyncio.run(cached.embed(["a", "b"]))) == [[0, 1, 0, 0]] * 2
    assert inner.asked == [["a"], ["a", "b"]]


def test_a_loop_does_not_wait_for_what_another_one_began():
    inner = Recording()
    cached = CachingEmbedder(inner)

    async def begin():
        inner.gate = gate = asyncio.Event()
        task = asyncio.create_task(cached.embed(["a"]))
        await until(lambda: inner.asked)
        inner.gate = None
        return gate, task

    async def end(gate, task):
        gate.set()
        return await task

    with asyncio.Runner() as first:
        begun = first.run(begin())
        with asyncio.Runner() as second:
            assert lists(second.run(cached.embed(["a"]))) == [[0, 1, 0, 0]]
        assert lists(first.run(end(*begun))) == [[0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (np.zeros((1, 4)), "it gave 1 vectors for 2 texts"),
        (np.zeros((3, 4)), "it gave 3 vectors for 2 texts"),
        (np.zeros((2, 5)), "vector 0 has 5 dimensions instead of 4"),
        ([[0, 0, 0, 1], [0, 0, 1]], "vector 1 has 3 dimensions instead of 4"),
        ([[0, 0, 0, 1], [0, math.nan, 0, 0]], "vector 1 holds NaN or an infinity"),
        ([[0, 0, 0, 1], [0, 1e300, 0, 0]], "vector 1 holds NaN or an infinity"),
        ([[0, 0, 0, 1], ["0", "1", "0", "0"]], "vector 1 must be a vector of numbers"),
        (np.zeros((2, 4, 1)), "vector 0 must have one dimension, got 2"),
        ((row for row in np.zeros((2, 4))), "it gave generator, which is no sequence"),
        (None, "it gave NoneType, which is no sequence"),
    ],
)
def test_what_cannot_be_used_is_refused(rows, problem):
    cached = CachingEmbedder(Recording(lambda texts: rows))
    with pytest.raises(
        EmbeddingFailed, match=f"embedder 'recording': {problem}.*; nothing was stored or asked"
    ) as info:
        asyncio.run(cached.embed(["a", "b"]))
    assert isinstance(info.value, AxonError)
    assert info.value.embedder == "recording"


def test_vectors_are_scaled_to_length_one_and_zero_stays():
    cached = CachingEmbedder(Recording(lambda texts: [[3, 0, 4, 0], [0, 0, 0, 0], [0, 1e-30, 0, 0]]))
    found = asyncio.run(cached.embed(["a", "b", "c"]))
    assert lists(found) == [pytest.approx([0.6, 0, 0.8, 0]), [0, 0, 0, 0], pytest.approx([0, 1, 0, 0])]


@pytest.mark.parametrize("texts", ["text", [b"text"], [None]])
def test_texts_are_strings_in_a_list(texts):
    inner = Recording()
    with pytest.raises(WrongType, match="texts must be"):
        asyncio.run(CachingEmbedder(inner).embed(texts))
    assert inner.asked == []


def test_no_texts_ask_nothing():
    inner = Recording()
    assert asyncio.run(CachingEmbedder(inner).embed([])) == []
    assert inner.asked == []


def test_a_size_below_zero_is_refused():
    with pytest.raises(InvalidInput, match="size must be 0"):
        CachingEmbedder(Recording(), size=-1)


def test_a_question_is_another_thing_than_a_text():
    async def scenario():
        inner = Asymmetric()
        cached = CachingEmbedder(inner)
        assert lists(await cached.embed(["a"])) == [[0, 1, 0, 0]]
        assert lists(await cached.embed_queries(["a"])) == [[0, 0, 0, 1]]
        await cached.embed_queries(["a"])
        assert inner.asked == [["a"], ["query: a"]]

    asyncio.run(scenario())


def test_where_questions_are_texts_one_vector_serves_both():
    async def scenario():
        inner = Recording()
        cached = CachingEmbedder(inner)
        assert await cached.embed(["a"]) == await cached.embed_queries(["a"])
        assert inner.asked == [["a"]]

    asyncio.run(scenario())


def test_a_secret_in_an_error_is_masked():
    def fail(texts):
        raise OSError("cannot reach https://me:hunter2@example.com")

    with pytest.raises(EmbeddingFailed) as info:
        asyncio.run(CachingEmbedder(Recording(fail)).embed(["a"]))
    assert "hunter2" not in str(info.value)


def test_identity_and_closing_reach_the_embedder():
    inner = Recording()
    cached = CachingEmbedder(inner)
    assert identity(cached) == identity(inner) == "recording:3:4"
    asyncio.run(cached.aclose())
    assert inner.closed == 1
    asyncio.run(CachingEmbedder(HashEmbedder()).aclose())  # has nothing to close
