"""How hits got their scores, out of what an adapter knows when it has ranked them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from axon.ranking.analysis import QueryTerms
from axon.spi.query import Explanation

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.ranking.analysis import Analyzer

Key = TypeVar("Key", bound=Hashable)


def explanations(
    found: Iterable[tuple[Key, MemoryEntry, float]],
    *,
    text: str | None,
    by_text: Mapping[Key, float],
    by_vector: Mapping[Key, float],
    analyzer: Analyzer,
    words: bool = True,
) -> list[Explanation]:
    """One for each hit in ``found`` (its key in the two lists, the entry, the score in the end).

    ``by_text`` and ``by_vector`` are the scores that the query's ``text`` and its vector alone give; ``words`` says
    whether the words of texts counted.
    """
    word_ranks, vector_ranks = _ranks(by_text), _ranks(by_vector)
    terms = QueryTerms((), ()) if text is None else analyzer.query(text)
    explained: list[Explanation] = []
    for key, entry, score in found:
        held = frozenset(analyzer.terms(entry.text)) if words else frozenset[str]()
        explained.append(
            Explanation(
                score=score,
                words=tuple(word for word in terms.words if word in held),
                tags=tuple(tag for tag in terms.tags if tag in entry.tags),
                word_score=by_text.get(key),
                word_rank=word_ranks.get(key),
                cosine=by_vector.get(key),
                vector_rank=vector_ranks.get(key),
            )
        )
    return explained


def _ranks(scores: Mapping[Key, float]) -> dict[Key, int]:
    """The place of each key, from 1 on; equals share one."""
    places: dict[float, int] = {}
    for place, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        places.setdefault(score, place)
    return {key: places[score] for key, score in scores.items()}
