"""The embedder ``sentence_transformers`` against a module with the interface of that library (in ``library/``).

The library itself is not run: with torch it has some gigabytes.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
import threading
from pathlib import Path

import pytest

from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import ConfigError, EmbeddingFailed, InvalidInput, WrongType
from axon.core.registry import Registry
from axon_sentence_transformers import SentenceTransformersEmbedder


@pytest.fixture
def library(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).with_name("library")))
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)
    module = importlib.import_module("sentence_transformers")
    yield module
    del sys.modules["sentence_transformers"]


async def embedded(embedder, texts):
    try:
        return await embedder.embed(texts)
    finally:
        await embedder.aclose()


def test_texts_and_questions_go_to_the_model(library):
    async def scenario():
        embedder = CachingEmbedder(SentenceTransformersEmbedder(model="a/model", revision="abc", device="cpu"))
        assert list((await embedder.embed(["tea"]))[0]) == [0, 1, 0]
        assert list((await embedder.embed_queries(["tea"]))[0]) == [1, 0, 0]
        await embedder.aclose()

    asyncio.run(scenario())
    assert library.loaded == [("a/model", "abc", "cpu", False)]
    assert [call[:2] for call in library.calls] == [("document", ["tea"]), ("query", ["tea"])]
    assert all(call[2]["normalize_embeddings"] and call[2]["batch_size"] == 32 for call in library.calls)


def test_it_works_beside_the_thread_of_the_loop(library):
    asyncio.run(embedded(SentenceTransformersEmbedder(model="m"), ["tea"]))
    assert library.calls[0][3] is not threading.current_thread()


def test_the_model_is_loaded_when_it_is_needed_and_once(library):
    embedder = SentenceTransformersEmbedder(model="m", offline=True)
    assert library.loaded == []
    assert identity(embedder) == "sentence_transformers:m:3"
    asyncio.run(embedded(embedder, ["tea"]))
    assert library.loaded == [("m", None, None, True)]


def test_after_closing_another_loop_loads_it_again(library):
    embedder = SentenceTransformersEmbedder(model="m")
    for _ in range(2):
        assert asyncio.run(embedded(embedder, ["tea"])).shape == (1, 3)
    assert len(library.loaded) == 2


def test_a_model_that_does_not_load(library):
    embedder = SentenceTransformersEmbedder(model="missing")
    with pytest.raises(EmbeddingFailed, match="cannot load the model 'missing': OSError: missing is no model; nothing"):
        asyncio.run(embedded(embedder, ["tea"]))


def test_without_the_library_the_pip_command_is_named():
    if importlib.util.find_spec("sentence_transformers"):
        pytest.skip("sentence-transformers is installed")
    with pytest.raises(ConfigError, match=r"pip install 'axon-sentence-transformers\[torch\]'.* @ embedders"):
        Registry().embedder("sentence_transformers").build({"model": "m"}, at="embedders")


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ({"model": ""}, InvalidInput, "model must be the name or the directory of a model, got ''"),
        ({"model": 5}, WrongType, "model must be the name or the directory of a model, got 5"),
        ({"model": "m", "batch_size": 0}, InvalidInput, "batch_size must be at least 1, got 0"),
        ({"model": "m", "batch_size": "8"}, WrongType, "batch_size must be a whole number, got '8'"),
    ],
)
def test_settings_that_cannot_be_used(library, settings, error, problem):
    with pytest.raises(error, match=problem) as caught:
        SentenceTransformersEmbedder(**settings)
    assert caught.type is error
