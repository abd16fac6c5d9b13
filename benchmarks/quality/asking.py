"""Asking the questions of a corpus: what words and vectors give for each, and what an adapter makes of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from axon import Filter
from axon.adapters.memory import InMemoryAdapter
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
    entries = corpus.entries
    vectors: Sequence[Any] = [None] * len(corpus.questions)
    if embedder is not None:
        of_entries = await embedder.embed([entry.text for entry in entries])
        entries = [attrs.evolve(entry, embedding=vector) for entry, vector in zip(entries, of_entries, strict=True)]
        vectors = await embedder.embed([question.text for question in corpus.questions])
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


def metrics_of(answers: Sequence[Answer], group_of: Mapping[str, str], rule: Rule) -> list[Metrics]:
    """Of each question that has an answer, by ``rule``."""
    return [
        measured(answer.ranking(rule), answer.question.evidence, group_of)
        for answer in answers
        if not answer.is_negative
    ]
