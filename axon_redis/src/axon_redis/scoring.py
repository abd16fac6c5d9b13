"""How well entries fit the words of a query: as everywhere in Axon, out of counts that the index gives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

from axon.ranking import bm25
from axon_redis.terms import TAGS, TIMES, WORDS, WORDS_OF

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry
    from axon_redis.shard import Statistics


@frozen
class Probe:
    """A term of the index that a query asks for."""

    term: bytes
    frequency: int
    gains: tuple[float, ...]
    """What it adds to a score, by the byte that says how many words an entry has."""
    selects: bool
    """Whether having it makes an entry an answer; the second occurrence of a word only adds to the first."""


class Scorer:
    """Scores entries by words and tags, 0 to 1, and tells what to look for in the index.

    ``word_index`` says whether words of texts count.
    """

    def __init__(self, analyzer: Analyzer, text: str, *, word_index: bool) -> None:
        terms = analyzer.query(text)
        self._analyzer = analyzer
        self._words = terms.words if word_index else ()
        self._tags = terms.tags
        self._weights: dict[str, float] = {}
        self._tag_weights: dict[str, float] = {}
        self._whole = 1.0
        self._average = 1.0
        self.probes: list[Probe] = []

    @property
    def terms(self) -> list[bytes]:
        """What is to be counted."""
        words = [WORDS[times][word] for word in self._words for times in TIMES]
        return [*words, *(TAGS[tag] for tag in self._tags)]

    def count(self, counted: Statistics) -> None:
        """Take in how often the terms occur: after this, the probes are there and entries can be scored."""
        entries, frequencies = counted.entries, iter(counted.frequencies)
        self._average = max(1.0, counted.words / entries) if entries else 1.0
        for word in self._words:
            once, *more = (next(frequencies) for _ in TIMES)
            weight = self._weights[word] = bm25.idf(once, entries)
            for times, frequency in zip(TIMES, (once, *more), strict=True):
                if frequency:
                    self.probes.append(Probe(WORDS[times][word], frequency, self._gains(weight, times), times == 1))
        for tag in self._tags:
            if frequency := next(frequencies):
                weight = self._tag_weights[tag] = bm25.idf(frequency, entries)
                gains = (weight * bm25.TAG_WEIGHT,) * len(WORDS_OF)
                self.probes.append(Probe(TAGS[tag], frequency, gains, selects=True))
        self._whole = sum(self._weights.values()) + sum(self._tag_weights.values())

    def score(self, entry: MemoryEntry) -> float:
        """The score of ``entry``."""
        score = 0.0
        if self._weights:
            words = self._analyzer.terms(entry.text)
            held = Counter(words) if len(self._weights) > 3 else None
            for word, weight in self._weights.items():
                if times := words.count(word) if held is None else held[word]:
                    score += weight * bm25.saturation(times, len(words), self._average)
        for tag, weight in self._tag_weights.items():
            if tag in entry.tags:
                score += weight * bm25.TAG_WEIGHT
        # Rounded, since the same terms added up in another order must still make a tie.
        return round(score / self._whole, 12) if score else 0.0

    def _gains(self, weight: float, times: int) -> tuple[float, ...]:
        average = self._average
        return tuple(
            weight
            * (
                bm25.saturation(times, words, average)
                - (bm25.saturation(times - 1, words, average) if times > 1 else 0)
            )
            for words in WORDS_OF
        )
