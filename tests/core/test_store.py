"""What is stored is kept, and what cannot be used is refused."""

from __future__ import annotations

import math
from asyncio import run

import numpy as np
import pytest

from axon.core.errors import InvalidInput


class TestStore:
    def test_every_argument_is_kept(self, memory):
        async def main():
            entry_id = await memory.store(
                "hello",
                tier="persistent",
                importance=0.25,
                tags=["a", "b"],
                user_id="u",
                session_id="s",
                metadata={"k": [1]},
                id="mine",
                embedding=np.array([1.0, 2.0]),
            )
            entry = await memory.get(entry_id)
            assert entry_id == entry.id == "mine"
            assert (entry.text, entry.importance, entry.tags) == ("hello", 0.25, {"a", "b"})
            assert (entry.user_id, entry.session_id, entry.metadata) == ("u", "s", {"k": [1]})
            assert list(entry.embedding) == [1.0, 2.0]
            assert entry.expires_at is None

        run(main())

    def test_the_same_id_again_replaces(self, memory):
        async def main():
            for text in ("one", "two"):
                await memory.store(text, id="a")
            assert await memory.count() == 1
            assert (await memory.get("a")).text == "two"
            assert await memory.recall("one") == []

        run(main())

    def test_the_first_argument_is_the_text(self, memory):
        assert run(memory.store(text="x"))
        with pytest.raises(TypeError):
            run(memory.store("x", "session"))

    @pytest.mark.parametrize(
        "arguments",
        [
            {"importance": 2},
            {"importance": "1"},
            {"importance": None},
            {"importance": True},
            {"tags": "a"},
            {"tags": None},
            {"user_id": 5},
            {"session_id": ""},
            {"metadata": []},
            {"metadata": {"a": {1}}},
            {"id": ""},
            {"id": 5},
            {"embedding": "x"},
            {"embedding": [math.nan]},
            {"ttl": 0},
        ],
    )
    def test_what_cannot_be_used_is_refused_before_anything_is_stored(self, memory, arguments):
        with pytest.raises(InvalidInput):
            run(memory.store("x", **arguments))
        with pytest.raises(InvalidInput, match="item 1: "):
            run(memory.store_many(["fine", {"text": "x", **arguments}]))
        assert run(memory.count()) == 0

    @pytest.mark.parametrize("text", ["", "  ", None, 5, b"x"])
    def test_text_is_needed(self, memory, text):
        with pytest.raises(InvalidInput, match="text"):
            run(memory.store(text))

    def test_an_embedding_of_another_dimension(self, memory):
        async def main():
            await memory.store("a", embedding=[1.0, 2.0])
            with pytest.raises(InvalidInput, match="1 dimensions, those stored before have 2") as caught:
                await memory.store("b", embedding=[1.0])
            assert str(caught.value).startswith("session tier: ")
            assert await memory.count() == 1

        run(main())
