"""What goes wrong where words are searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unicodedata import combining, normalize

import attrs

from axon.core.errors import StoreError
from axon.ranking.analysis import Analyzer, QueryTerms
from axon.spi import Explanation, Filter, Hit, MemoryEntry, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Analysing(InMemoryAdapter):
    """Has an analyzer of its own."""

    analyzer: type[Analyzer] = Analyzer

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._analyzer = self.analyzer()
        self._store.words._analyzer = self._analyzer


class _NoStopWords(Analyzer):
    def __init__(self) -> None:
        super().__init__()
        self._stop_words = frozenset()


@mutant("Stop words of a query count.", caught_by="words_do_not_find_by_a_stop_word_in_common")
class StopWordsCount(Analysing):
    analyzer = _NoStopWords


class _StoppedTexts(Analyzer):
    def terms(self, text: str) -> list[str]:
        return [term for term in super().terms(text) if term not in self._stop_words]


@mutant("Stop words of a text are not indexed.", caught_by="words_find_by_a_stop_word_alone")
class StopWordsAreLost(Analysing):
    analyzer = _StoppedTexts


class _NoStems(Analyzer):
    def __init__(self) -> None:
        super().__init__("none")


@mutant("Words are not stemmed.", caught_by="words_find_by_an_ending")
class NotStemmed(Analysing):
    analyzer = _NoStems


class _Prefixes(Analyzer):
    def terms(self, text: str) -> list[str]:
        return [term[:n] for term in super().terms(text) for n in range(3, len(term) + 1)] or super().terms(text)


@mutant("A word finds what begins with it.", caught_by="words_do_not_find_by_a_part_of_a_word")
class FoundByPrefix(Analysing):
    analyzer = _Prefixes


class _NoKeys(Analyzer):
    def terms(self, text: str) -> list[str]:
        return [part for term in super().terms(text) for part in term.replace(":", " ").split()]

    def query(self, text: str) -> QueryTerms:
        terms = super().query(text)
        return attrs.evolve(terms, words=tuple(dict.fromkeys(super().terms(text.replace(":", " ")))))


@mutant("Keys are looked for by their parts.", caught_by="words_do_not_find_by_a_longer_key")
class KeysInParts(Analysing):
    analyzer = _NoKeys


class _TagsOfWords(Analyzer):
    def query(self, text: str) -> QueryTerms:
        terms = super().query(text)
        return attrs.evolve(terms, tags=tuple(dict.fromkeys((*terms.tags, *text.split(":")))))


@mutant("A part of a key in a query finds a tag.", caught_by="words_meet_tags_by_a_shorter_key")
class TagsOfParts(Analysing):
    analyzer = _TagsOfWords


class _NoTags(Analyzer):
    def query(self, text: str) -> QueryTerms:
        return attrs.evolve(super().query(text), tags=())


@mutant("Tags are not searched by the words of a query.", caught_by="words_meet_tags_by_a_word_of_the_query")
class TagsAreNotSearched(Analysing):
    analyzer = _NoTags


class _Ascii(Analyzer):
    def terms(self, text: str) -> list[str]:
        return super().terms(text.encode("ascii", "ignore").decode())


@mutant("Texts are indexed by the letters that ASCII has.", caught_by="words_find_by_a_hebrew_word")
class AsciiWords(Analysing):
    analyzer = _Ascii


class _Cut(Analyzer):
    def terms(self, text: str) -> list[str]:
        return super().terms(text)[:1000]


@mutant("Of a long text the first 1000 words are indexed.", caught_by="sizes_of_texts_are_searched_to_the_end")
class FirstThousandWords(Analysing):
    analyzer = _Cut


@mutant("All words of a query have to be there.", caught_by="words_find_by_any_of_some_words")
class AllWords(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.text is None or query.filter is not None:
            return hits
        wanted = set(self._analyzer.query(query.text).words)
        return [hit for hit in hits if wanted <= set(self._analyzer.terms(hit.entry.text))]


@mutant("A query is the store's own syntax: a quote alone is an error.", caught_by="words_take_any_query")
class QuerySyntax(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is not None and query.text.count('"') % 2:
            raise StoreError("unterminated string")
        return await super().query(query)


@mutant("`min_score` leaves out what has exactly it.", caught_by="words_respect_the_least_score")
class MinScoreExcluded(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return [hit for hit in hits if query.min_score is None or query.min_score <= 0 or hit.score > query.min_score]


@mutant("`min_score` is passed over.", caught_by="words_respect_the_least_score")
class MinScoreIgnored(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, min_score=None))


@mutant("Scores are not divided by the weight of the query.", caught_by="words_are_scored_as_everywhere")
class RawScores(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return [attrs.evolve(hit, score=2.5 * hit.score) for hit in hits] if query.text and not query.vector else hits


@mutant("The best hit has a score of 1, the others in proportion.", caught_by="words_are_scored_as_everywhere")
class ScaledToTheBest(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.text is None or query.vector is not None or not hits or not hits[0].score:
            return hits
        return [attrs.evolve(hit, score=hit.score / hits[0].score) for hit in hits]


@mutant("The newest are looked at, and ranked among themselves.", caught_by="words_are_cut_after_ranking")
class NewestRanked(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, limit=10**6))
        newest = sorted(hits, key=lambda hit: (hit.entry.created_at, hit.entry.id), reverse=True)[: query.limit]
        return [hit for hit in hits if hit in newest]


@mutant("Of equals the older one comes first.", caught_by="words_give_ties_to_the_newer")
class OlderFirst(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, limit=10**6))
        if query.text is not None:
            hits = sorted(hits, key=lambda hit: (-hit.score, hit.entry.created_at))
        return hits[: query.limit]


@mutant("With a filter, what shares no word is left out.", caught_by="words_only_order_what_a_filter_admits")
class WordsSelect(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return [hit for hit in hits if hit.score] if query.text is not None and query.filter is not None else hits


@mutant(
    "Words are ranked before the filter is asked, and the limit cuts between.",
    caught_by="words_only_order_what_a_filter_admits",
)
class FilteredAfterRanking(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is None or query.filter is None or query.vector is not None:
            return await super().query(query)
        hits = await super().query(attrs.evolve(query, filter=None))
        return [hit for hit in hits if query.filter.matches(hit.entry)]


@mutant("An overwrite leaves the old words in the index.", caught_by="words_follow_what_is_written")
class OldWordsStay(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.texts: dict[str, list[str]] = {}

    async def save(self, entry: MemoryEntry) -> None:
        self.texts.setdefault(entry.id, []).append(entry.text)
        await super().save(entry)

    async def query(self, query: Query) -> Sequence[Hit]:
        hits = list(await super().query(query))
        if query.text is None or query.filter is not None:
            return hits
        asked, there = set(self._analyzer.query(query.text).words), {hit.entry.id for hit in hits}
        for name, entry in self._store.entries.items():
            words = {word for text in self.texts.get(name, ()) for word in self._analyzer.terms(text)}
            if name not in there and asked & words:
                hits.append(Hit(entry, 0.1))
        return hits[: query.limit]


@mutant("What was deleted still counts in the weights of words.", caught_by="words_follow_what_is_written")
class DeadWeights(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        index = self._store.words
        whole = index._mask

        def mask(segment: Any, slot: int, terms: list[str]) -> None:
            total = index._total_length
            whole(segment, slot, terms)
            index._total_length = total

        index._mask = mask


@mutant("`explain` is passed over.", caught_by="words_are_explained_where_asked")
class NeverExplains(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, explain=False))


@mutant("Hits are explained although nobody asked.", caught_by="words_are_explained_where_asked")
class AlwaysExplains(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, explain=True))


@mutant("An explanation tells another score than its hit.", caught_by="words_are_explained_where_asked")
class ExplainsAnotherScore(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if not query.explain:
            return hits
        return [attrs.evolve(hit, explanation=attrs.evolve(hit.explanation, score=2 * hit.score)) for hit in hits]


@mutant("An explanation names no tags.", caught_by="words_are_explained_where_asked")
class ExplainsNoTags(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return [
            attrs.evolve(hit, explanation=attrs.evolve(hit.explanation, tags=()))
            if isinstance(hit.explanation, Explanation)
            else hit
            for hit in hits
        ]


@mutant("A query of nothing but signs finds everything.", caught_by="words_do_not_find_by_punctuation_alone")
class SignsFindAll(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is not None and not self._analyzer.query(query.text).words and query.filter is None:
            return await super().query(attrs.evolve(query, filter=Filter()))
        return await super().query(query)


@mutant("Of a query the first 16 words are looked for.", caught_by="words_of_a_long_query_all_count")
class SixteenWords(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is not None and len(query.text.split()) > 16:
            query = attrs.evolve(query, text=" ".join(query.text.split()[:16]))
        return await super().query(query)


@mutant("Scores are rounded to two digits.", caught_by="words_are_scored_as_everywhere")
class RoundedScores(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return [attrs.evolve(hit, score=round(hit.score, 2)) for hit in await super().query(query)]


@mutant("What a filter admits without a score is not explained.", caught_by="words_are_explained_where_asked")
class ExplainsOnlyScores(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return [hit if hit.score else Hit(hit.entry, hit.score) for hit in await super().query(query)]


@mutant("The best by words are cut before the filter selects among them.", caught_by="words_are_cut_after_the_filter")
class CutsThenFilters(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is None or query.filter is None or query.vector is not None:
            return await super().query(query)
        best = await super().query(attrs.evolve(query, filter=None))
        hits = {hit.entry.id: hit for hit in best if query.filter.matches(hit.entry)}
        for hit in await super().query(attrs.evolve(query, text=None)):
            hits.setdefault(hit.entry.id, hit)
        return list(hits.values())[: query.limit]


@mutant(
    "An update of the tags alone leaves the entry to be found by a word that was its tag.",
    caught_by="contract_answers_anew_after_an_update_of_tags",
)
class OldTagsAnswer(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.left: dict[str, frozenset[str]] = {}

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if old is not None and changed is not None and "text" not in changes:
            self.left[entry_id] = old.tags - changed.tags
        return changed

    async def query(self, query: Query) -> Sequence[Hit]:
        hits = list(await super().query(query))
        if query.text is None or query.filter is not None or query.vector is not None or len(hits) >= query.limit:
            return hits
        known = {hit.entry.id for hit in hits}
        stale = [
            i for i, tags in self.left.items() if query.text in tags and i not in known and i in self._store.entries
        ]
        return [*hits, *(Hit(self._store.entries[i], 0.01) for i in stale)] if not query.explain else hits


class _Tokens(Analyzer):
    def terms(self, text: str) -> list[str]:
        return [term for term in super().terms(text) if self.kept(term)]

    @staticmethod
    def kept(term: str) -> bool:
        return len(term) > 1 or not term.isascii()


class _Short(_Tokens):
    @staticmethod
    def kept(term: str) -> bool:
        return len(term) <= 100


class _Cut(Analyzer):
    def terms(self, text: str) -> list[str]:
        return [term[:100] for term in super().terms(text)]

    def query(self, text: str) -> QueryTerms:
        terms = super().query(text)
        return attrs.evolve(terms, words=tuple(word[:100] for word in terms.words))


class _NoAccents(Analyzer):
    def terms(self, text: str) -> list[str]:
        return super().terms(_plain(text))

    def query(self, text: str) -> QueryTerms:
        return attrs.evolve(super().query(text), words=super().query(_plain(text)).words)


def _plain(text: str) -> str:
    return "".join(sign for sign in normalize("NFD", text) if not combining(sign))


@mutant("Words of one letter or digit are not indexed.", caught_by="words_find_by_a_digit")
class NoSingleLetters(Analysing):
    analyzer = _Tokens


@mutant("Words of more than 100 letters are not indexed.", caught_by="words_find_by_a_very_long_word")
class NoLongWords(Analysing):
    analyzer = _Short


@mutant(
    "Words are cut after 100 letters.",
    caught_by="words_do_not_find_by_a_very_long_word_of_the_same_beginning",
)
class CutWords(Analysing):
    analyzer = _Cut


@mutant("Accents do not count.", caught_by="words_do_not_find_by_a_letter_without_its_accent")
class WordsWithoutAccents(Analysing):
    analyzer = _NoAccents


@mutant(
    "Of more than 1,000 that a filter admits only those that answer are given.",
    caught_by="words_give_all_of_many_that_a_filter_admits",
)
class OnlyAnswersOfMany(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        many = query.filter is not None and len(self._store.admitted(query.filter)) > 1000
        return [hit for hit in hits if hit.score] if many and query.text is not None and query.vector is None else hits
