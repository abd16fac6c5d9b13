"""BM25 as textbooks and small libraries have it: what recall by words is held against."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import Stemmer

from benchmarks.quality.corpus import Corpus
from benchmarks.quality.metrics import Metrics, measured

_K1, _B = 1.5, 0.75
_stems = Stemmer.Stemmer("english")


def textbook(corpus: Corpus) -> list[Metrics]:
    """Of each question: what BM25 finds with stems, ``k1`` = 1.5 and ``b`` = 0.75, with no word left out of a query.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
    """
    texts = [Counter(_terms(entry.text)) for entry in corpus.entries]
    average = sum(text.total() for text in texts) / len(texts)
    holders = Counter(term for text in texts for term in text)

    def score(text: Counter[str], wanted: Sequence[str]) -> float:
        length = _K1 * (1 - _B + _B * text.total() / average)
        return sum(
            math.log(1 + (len(texts) - holders[term] + 0.5) / (holders[term] + 0.5))
            * text[term]
            / (text[term] + length)
            for term in wanted
        )

    found = []
    for question in corpus.questions:
        wanted = list(dict.fromkeys(_terms(question.text)))
        scores = {entry.id: score(text, wanted) for entry, text in zip(corpus.entries, texts, strict=True)}
        ranking = [entry_id for entry_id in sorted(scores, key=scores.__getitem__, reverse=True) if scores[entry_id]]
        found.append(measured(ranking, question.evidence, corpus.group_of))
    return found


def _terms(text: str) -> list[str]:
    stems: list[str] = _stems.stemWords(re.findall(r"\w+", text.lower()))
    return stems
