"""How well entries fit the words of a query: as everywhere in Axon, out of counts that the index gives."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from axon.ranking import bm25
from axon_redis.terms import TAGS, WORDS

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry
    from axon_redis.shard import Listed, Statistics

_REFERENCES = struct.Struct(">13s3s").iter_unpack
_MOST_OFTEN = 255
_MOST_WORDS = 1000
"""So many different words of a query count, the first ones."""


class _Gains(dict[bytes, float]):
    """What a word adds, by the three bytes that say how many words an entry has and how often this one; remembered."""

    def __init__(self, weight: float, average: float) -> None:
        super().__init__()
        self._weight = weight
        self._average = average

    def __missing__(self, kind: bytes) -> float:
        length, times = int.from_bytes(kind[:2], "big"), kind[2]
        gain = self[kind] = self._weight * float(bm25.saturation(times, length, self._average))
        return gain


class Scorer:
    """Scores by words and tags, 0 to 1: of entries, and as far as the index tells of those that may answer.

    ``word_index`` says whether words of texts count.
    """

    def __init__(self, analyzer: Analyzer, text: str, *, word_index: bool) -> None:
        terms = analyzer.query(text)
        self._analyzer = analyzer
        self._words = terms.words[:_MOST_WORDS] if word_index else ()
        self._tags = terms.tags[:_MOST_WORDS]
        self._word_weights: list[float] = []
        self._tag_weights: dict[str, float] = {}
        self._whole = 1.0
        self._average = 1.0

    @property
    def words(self) -> list[bytes]:
        """The words of the query, as the index knows them."""
        return [WORDS[word] for word in self._words]

    @property
    def terms(self) -> list[bytes]:
        """The terms for tags that the query may name."""
        return [TAGS[tag] for tag in self._tags]

    def weigh(self, entries: int, length: int, words: list[int], tags: list[int]) -> None:
        """Take in how many entries there are, how many words they have, and how many have each word and each tag."""
        self._average = max(1.0, length / entries) if entries else 1.0
        self._word_weights = [bm25.idf(frequency, entries) for frequency in words]
        counted = zip(self._tags, tags, strict=True)
        self._tag_weights = {tag: bm25.idf(frequency, entries) for tag, frequency in counted if frequency}
        self._whole = sum(self._word_weights) + sum(self._tag_weights.values())

    @property
    def tags(self) -> dict[bytes, float]:
        """The terms of tags that entries have, with what each adds to a score."""
        return {TAGS[tag]: weight * bm25.TAG_WEIGHT for tag, weight in self._tag_weights.items()}

    def gains(self, counted: Statistics) -> dict[bytes, float]:
        """What the listed words add to the scores of entries, by their references."""
        scores: dict[bytes, float] = {}
        heaviest = sorted(zip(self._word_weights, counted.words, strict=True), key=lambda pair: pair[0], reverse=True)
        for weight, listed in heaviest:
            self._add(scores, weight, listed)
        return scores

    def _add(self, scores: dict[bytes, float], weight: float, listed: Listed) -> None:
        gains = _Gains(weight, self._average)
        if not scores:
            scores.update([(reference, gains[kind]) for reference, kind in _REFERENCES(listed.latest)])
            return
        known = scores.get
        for reference, kind in _REFERENCES(listed.latest):
            scores[reference] = known(reference, 0.0) + gains[kind]

    def score(self, entry: MemoryEntry) -> float:
        """The score of ``entry``, exactly."""
        score = 0.0
        if self._words:
            words = self._analyzer.terms(entry.text)
            times_of: Callable[[str], int] = words.count if len(self._words) < 4 else Counter(words).__getitem__
            for word, weight in zip(self._words, self._word_weights, strict=True):
                if times := times_of(word):
                    score += weight * bm25.saturation(min(times, _MOST_OFTEN), len(words), self._average)
        for tag, weight in self._tag_weights.items():
            if tag in entry.tags:
                score += weight * bm25.TAG_WEIGHT
        # Rounded, since the same terms added up in another order must still make a tie.
        return round(score / self._whole, 12) if score else 0.0
