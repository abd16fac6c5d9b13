"""Asking the questions of a corpus: what words and vectors give for each, and what is made of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from axon import Filter, MemoryConfig, MemoryEntry, MemorySystem
from axon.adapters.memory import InMemoryAdapter
from axon.core.policies import PersistentPolicy
from axon.spi import Adapter, Hit, Query
from benchmarks.quality.corpus import NEGATIVE, Corpus, Question
from benchmarks.quality.metrics import Metrics, measured
from benchmarks.quality.rules import Rule

Where: TypeAlias = Callable[[Question], Filter | None]
"""Within what a question is asked."""

EVERYTHING = 10_000


@frozen
class Answer:
    """All hits for a question, the best first."""

    question: Question
    by_text: Sequence[Hit]
    by_vector: Sequence[Hit] = ()
    fused: Sequence[Hit] = ()

    @property
    def is_negative(self) -> bool:
        """Whether nothing answers the question."""
        return self.question.kind == NEGATIVE

    def ranking(self, rule: Rule) -> list[str]:
        """The ids as ``rule`` orders them: without those of which words and vectors know nothing."""
        texts = {hit.entry.id: hit.score for hit in self.by_text if hit.score > 0}
        cosines = {hit.entry.id: hit.score for hit in self.by_vector}
        created = {hit.entry.id: hit.entry.created_at for hit in (*self.by_text, *self.by_vector)}
        scores = rule(texts, cosines)
        return sorted(scores, key=lambda entry_id: (scores[entry_id], created[entry_id]), reverse=True)


def own(question: Question) -> Filter | None:
    """The user's own entries; documents have no user."""
    return None if question.user_id is None else Filter(user_id=question.user_id)


def everybody(_: Question) -> None:
    """All that there is."""


async def ask(corpus: Corpus, where: Where, embedder: Any = None, adapter: Adapter | None = None) -> list[Answer]:
    """An answer for each question of ``corpus``, from the empty ``adapter`` that it is stored in, or one in memory."""
    adapter = InMemoryAdapter() if adapter is None else adapter
    entries, vectors = await _embedded(corpus, embedder)
    await adapter.save_many(entries)
    answers: list[Answer] = []
    for question, vector in zip(corpus.questions, vectors, strict=True):
        wanted = Query(text=question.text, filter=where(question), limit=EVERYTHING)
        answer = Answer(question, await adapter.query(wanted))
        if vector is not None:
            answer = attrs.evolve(
                answer,
                by_vector=await adapter.query(attrs.evolve(wanted, text=None, vector=vector)),
                fused=await adapter.query(attrs.evolve(wanted, vector=vector)),
            )
        answers.append(answer)
    return answers


async def recalled(corpus: Corpus, embedder: Any = None, *, context: int = 0) -> list[Metrics]:
    """Of each question: what a memory with nothing else than ``corpus`` recalls, by its defaults but ``context``."""
    entries, vectors = await _embedded(corpus, embedder)
    config = MemoryConfig(ephemeral=None, session=None, persistent=PersistentPolicy())
    async with MemorySystem(config, adapters={"persistent": InMemoryAdapter()}) as memory:
        await memory.store_many(entries)
        rankings = [
            [entry.id for entry in await memory.recall(question.text, embedding=vector, context=context)]
            for question, vector in zip(corpus.questions, vectors, strict=True)
        ]
    return [
        measured(ranking, question.evidence, corpus.group_of)
        for ranking, question in zip(rankings, corpus.questions, strict=True)
    ]


def metrics_of(answers: Sequence[Answer], group_of: Mapping[str, str], rule: Rule) -> list[Metrics]:
    """Of each question that has an answer, by ``rule``."""
    return [
        measured(answer.ranking(rule), answer.question.evidence, group_of)
        for answer in answers
        if not answer.is_negative
    ]


async def _embedded(corpus: Corpus, embedder: Any) -> tuple[Sequence[MemoryEntry], Sequence[Any]]:
    """The entries, and a vector of each question; without an embedder ``None`` for each, and entries as they are."""
    if embedder is None:
        return corpus.entries, [None] * len(corpus.questions)
    of_entries = await embedder.embed([entry.text for entry in corpus.entries])
    entries = [attrs.evolve(entry, embedding=vector) for entry, vector in zip(corpus.entries, of_entries, strict=True)]
    return entries, await embedder.embed([question.text for question in corpus.questions])
