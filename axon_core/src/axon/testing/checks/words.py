"""Queries by words: who is a candidate, and the scores, which are those of axon.ranking on every adapter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.definition import expected_hits

TEXT = Capability.TEXT_SEARCH
_EXACT = 1e-6
_LONG_WORD = "rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3

_FOUND: dict[str, tuple[str, str]] = {
    "a_word": ("the cat sat on the mat", "mat"),
    "any_of_some_words": ("the cat sat on the mat", "a dog or a cat"),
    "another_case": ("The CAT sat", "cat"),
    "an_ending": ("she is baking cakes", "bakes"),
    "a_plural": ("three foxes", "fox"),
    "punctuation_around_it": ("(cats), and: dogs!", "dogs?"),
    "a_folded_letter": ("die Straße", "STRASSE"),
    "an_accent": ("a naïve café", "CAFÉ"),
    "a_number": ("room 101", "101"),
    "a_digit": ("the train leaves from platform 9", "9"),
    "a_letter": ("vitamin K for the blood", "k"),
    "a_very_long_word": ("see " + _LONG_WORD, _LONG_WORD),
    "a_chinese_pair": ("我喜欢日本料理", "日本"),
    "a_hebrew_word": ("שלום עולם", "שלום"),
    "an_emoji_beside_a_word": ("🦊fox🦊 here", "fox"),
    "a_key_as_a_whole": ("limit of rate_limit:user_1 reached", "rate_limit:user_1"),
    "an_address": ("write to ada@example.com today", "ada@example.com"),
    "a_stop_word_alone": ("to be or not", "be"),
}
_NOT_FOUND: dict[str, tuple[str, str]] = {
    "another_word": ("the cat sat on the mat", "dog"),
    "a_letter_without_its_accent": ("a naïve café", "cafe"),
    "a_very_long_word_of_the_same_beginning": ("see " + _LONG_WORD, _LONG_WORD[:-1] + "q"),
    "a_part_of_a_word": ("the category", "cat"),
    "a_longer_word": ("the cat", "category"),
    "a_longer_key": ("limit of rate_limit:user_10 reached", "rate_limit:user_1"),
    "a_part_of_a_key": ("limit of user_1 reached", "rate_limit:user_1"),
    "a_stop_word_in_common": ("what is the time", "what is the weather"),
    "punctuation_alone": ("what? that!", "?!"),
}
_TAGS: dict[str, tuple[str, str, bool]] = {
    "the_whole_query": ("red fox", "red fox", True),
    "a_word_of_the_query": ("invoice", "the last invoice", True),
    "a_word_in_capitals": ("invoice", "The Last INVOICE", True),
    "a_key": ("rate_limit:user_1", "rate_limit:user_1", True),
    "a_part_of_a_tag": ("red fox", "fox", False),
    "a_longer_key": ("rate_limit:user_10", "rate_limit:user_1", False),
    "a_shorter_key": ("rate_limit", "rate_limit:user_1", False),
    "another_case_of_one_word": ("Invoice", "invoice", False),
    "a_stem": ("invoices", "invoice", False),
}


@check(TEXT, each=_FOUND)
async def find_by(bench: Bench, case: tuple[str, str]) -> None:
    """Without a filter an entry is a candidate if its text shares a word with the query, as axon.ranking sees words.

    If this fails, check that texts go through Analyzer.terms and queries through Analyzer.query.
    """
    text, query = case
    store = bench.open()
    await store.save_many([bench.entry("a", text), bench.entry("b", "something else entirely")])
    hits = await store.query(Query(text=query))
    bench.equal([hit.entry.id for hit in hits], ["a"], f"for {query!r}")
    bench.true(0 < hits[0].score <= 1, f"a score of {hits[0].score!r}", "above 0 and at most 1")


@check(TEXT, each=_NOT_FOUND)
async def do_not_find_by(bench: Bench, case: tuple[str, str]) -> None:
    """Without a filter an entry whose text shares no word with the query is no candidate.

    If this fails, check that words are compared as wholes, keys as one, and that stop words of a query do not count.
    """
    text, query = case
    store = bench.open()
    await store.save(bench.entry("a", text))
    bench.equal(await bench.ids(store, text=query), [], f"for {query!r}")


@check(TEXT, each=_TAGS)
async def meet_tags_by(bench: Bench, case: tuple[str, str, bool]) -> None:
    """An entry is a candidate if one of its tags equals the query or a word of it; a tag is never cut into words.

    If this fails, check that tags are compared with QueryTerms.tags, as wholes.
    """
    tag, query, expected = case
    store = bench.open()
    await store.save_many([bench.entry("a", "nothing of that", tags=[tag]), bench.entry("b", "neither", tags=["x"])])
    bench.equal(await bench.ids(store, text=query), ["a"] if expected else [], f"for {query!r}")


@check(TEXT)
async def find_nothing_in_nothing(bench: Bench) -> None:
    """A query of an empty adapter, and one that nothing answers, give no hits.

    If this fails, check the division by the number of entries, or by their average length.
    """
    store = bench.open()
    bench.equal(await bench.ids(store, text="anything"), [])
    bench.equal(await bench.ids(store, text="anything", filter=Filter()), [])
    await store.save(bench.entry("a", "?!"))
    bench.equal(await bench.ids(store, text="anything"), [])
    bench.equal(await bench.ids(store, text="anything", filter=Filter()), ["a"])


_RANKED: dict[str, tuple[str, list[str]]] = {
    "who_has_more_of_the_query": ("red fox den", ["red fox den", "red fox hill", "red car hill", "blue car hill"]),
    "the_rarer_word": (
        "common zebra",
        ["zebra alone here", "common one here", "common two here", "common three here"],
    ),
    "who_repeats_it": ("fox", ["fox fox fox cat", "fox fox cat cat", "fox cat cat cat"]),
    "the_shorter_text": ("fox", ["fox cat", "fox cat dog bird cow", "fox cat dog bird cow pig hen owl bat elk ant"]),
}


@check(TEXT, each=_RANKED)
async def rank_first(bench: Bench, case: tuple[str, list[str]]) -> None:
    """The better an entry answers, the earlier it comes.

    If this fails, check the order: the highest score first, as BM25 gives it.
    """
    query, texts = case
    store, now = bench.open(), bench.now()
    # The best one is the oldest, so that nothing but the score can bring it to the front.
    entries = [bench.entry(f"n{n}", text, created_at=now + timedelta(minutes=n)) for n, text in enumerate(texts)]
    await store.save_many(entries)
    hits = await store.query(Query(text=query))
    ids = [hit.entry.id for hit in hits]
    bench.equal(ids[0], "n0", "the first")
    scores = [hit.score for hit in hits]
    bench.equal(scores, sorted(scores, reverse=True), "scores in the order of the hits")
    own = expected_hits(entries, query, None)
    bench.equal(ids, [entry_id for entry_id, _ in own], "the order")


@check(TEXT)
async def give_ties_to_the_newer(bench: Bench) -> None:
    """Of two that answer alike, the one that was created later comes first, whatever the order of saving.

    If this fails, check that `created_at` breaks ties, also where the limit cuts.
    """
    store, now = bench.open(), bench.now()
    for age in (2, 0, 3, 1):
        await store.save(bench.entry(f"n{age}", "red fox", created_at=now - timedelta(minutes=age)))
    order = ["n0", "n1", "n2", "n3"]
    bench.equal(await bench.ids(store, text="fox"), order)
    bench.equal(await bench.ids(store, text="fox", limit=2), order[:2], "with a limit")
    bench.equal(await bench.ids(store, text="fox", filter=Filter()), order, "with a filter")


@check(TEXT)
async def only_order_what_a_filter_admits(bench: Bench) -> None:
    """With a filter every entry that it admits is a hit: those that answer first, the others after them with 0.

    If this fails, check that a text with a filter selects nothing: the filter selects, the text ranks.
    """
    store, now = bench.open(), bench.now()
    entries = [
        bench.entry("answers", "red fox", tags=["t"], created_at=now - timedelta(hours=2)),
        bench.entry("newer", "blue car", tags=["t"], created_at=now),
        bench.entry("older", "green tree", tags=["t"], created_at=now - timedelta(hours=3)),
        bench.entry("outside", "red fox", tags=["x"], created_at=now),
    ]
    await store.save_many(entries)
    hits = await store.query(Query(text="fox", filter=Filter(tags=["t"])))
    bench.equal([hit.entry.id for hit in hits], ["answers", "newer", "older"])
    bench.equal([hit.score > 0 for hit in hits], [True, False, False], "who has a score")
    bench.equal(hits[-1].score, 0.0, "the score of what does not answer")
    bench.equal(await bench.ids(store, text="fox", filter=Filter(tags=["t"]), limit=2), ["answers", "newer"])


@check(TEXT)
async def give_all_of_many_that_a_filter_admits(bench: Bench) -> None:
    """With a filter what answers comes first and the others after it with 0, however many are admitted.

    If this fails, check for a bound on what is scored, or on what is admitted without an answer.
    """
    store, many = bench.open(), 1_200
    entries = [bench.entry(f"n{n}", "red fox" if n in {5, 800} else "blue car", tags=["t"]) for n in range(many)]
    await store.save_many([*entries, bench.entry("outside", "red fox", tags=["x"])])
    hits = await store.query(Query(text="fox", filter=Filter(tags=["t"]), limit=many + 100))
    bench.equal({hit.entry.id for hit in hits[:2]}, {"n5", "n800"}, "who comes first")
    bench.equal([hit.score > 0 for hit in hits], [True] * 2 + [False] * (many - 2), "who has a score")
    bench.equal({hit.entry.id for hit in hits}, {entry.id for entry in entries}, "who is a hit")


@check(TEXT)
async def respect_the_least_score(bench: Bench) -> None:
    """Hits below `min_score` are left out; one that has exactly it stays.

    If this fails, check the comparison, and that it is made with the score that the hit tells.
    """
    store = bench.open()
    texts = ("red fox den", "red fox", "red cat", "blue car")
    await store.save_many([bench.entry(f"n{n}", text) for n, text in enumerate(texts)])
    hits = await store.query(Query(text="red fox den"))
    for hit in hits:
        least = hit.score
        found = await bench.ids(store, text="red fox den", min_score=least)
        bench.equal(found, [one.entry.id for one in hits if one.score >= least], f"with min_score={least!r}")
    bench.equal(await bench.ids(store, text="red fox den", min_score=1.01), [], "with min_score=1.01")
    within = await bench.ids(store, text="red fox den", filter=Filter(), min_score=hits[-1].score)
    bench.equal(within, [hit.entry.id for hit in hits], "with a filter")


@check(TEXT)
async def are_cut_after_ranking(bench: Bench) -> None:
    """The limit keeps the best of all, wherever they were saved.

    If this fails, check that every candidate is scored before the limit cuts.
    """
    store = bench.open()
    texts = [f"fox and {n} other animals of the wood and the field" for n in range(300)]
    texts[151] = "fox fox fox"
    texts[299] = "fox fox"
    await store.save_many([bench.entry(f"n{n}", text) for n, text in enumerate(texts)])
    bench.equal(await bench.ids(store, text="fox", limit=2), ["n151", "n299"])
    bench.equal(len(await bench.ids(store, text="fox", limit=250)), 250, "how many")
    bench.equal(len(await bench.ids(store, text="fox")), 100, "how many without a limit, which is 100")


@check(TEXT)
async def follow_what_is_written(bench: Bench) -> None:
    """After an overwrite, an update or a delete the old words find nothing, and weigh nothing.

    If this fails, check that the word index forgets the old text, and its share in frequencies and lengths.
    """
    store, now = bench.open(), bench.now()
    entries = {
        name: bench.entry(name, text, created_at=now + timedelta(seconds=n))
        for n, (name, text) in enumerate((("a", "red fox"), ("b", "red cat"), ("c", "blue fox tree")))
    }
    await store.save_many([*entries.values(), bench.entry("gone", "red red red fox fox words words words")])
    await store.save(bench.entry("a", "a fox that was green before"))
    entries["a"] = bench.entry("a", "yellow bird", created_at=now)
    await store.save(entries["a"])
    await store.update("b", text="yellow cat")
    entries["b"] = bench.entry("b", "yellow cat", created_at=entries["b"].created_at)
    await store.delete("gone")
    bench.equal(await bench.ids(store, text="red"), [], "red, which is in no text any more")
    bench.equal(await bench.ids(store, text="green"), [], "green, which is in no text any more")
    for query in ("yellow", "fox", "yellow fox bird"):
        await _agree(bench, store, entries.values(), query, None)


@check(TEXT)
def are_scored_as_everywhere(bench: Bench) -> None:
    """Words and scores are those of axon.ranking, so that every adapter finds the same and tiers can be compared.

    If this fails, check the sum: BM25 by axon.ranking.bm25 over all living entries, tags by TAG_WEIGHT, divided by the
    weight of the whole query.
    """
    now = bench.now()

    async def example(entries: list[MemoryEntry], query: str, where: Filter | None) -> None:
        store = await bench.empty()
        for entry in entries:
            await store.save(entry)
        kept = {entry.id: entry for entry in entries}
        await _agree(bench, store, kept.values(), query, where)

    queries = st.one_of(samples.TEXTS, st.sampled_from(["red", "RED", "a b", "key:1", "key:1 red", "nothing", "??"]))
    filters = st.one_of(st.none(), st.just(Filter()), samples.filters(now))
    bench.for_all(example, st.lists(samples.small_entries(now), max_size=12), queries, filters, count=30)


@check(TEXT)
async def take_any_query(bench: Bench) -> None:
    """Whatever a user types is a query: quotes, operators, wildcards and nothing but signs are no errors.

    If this fails, check that the text of a query is never given to a query language of the store as it is.
    """
    store = bench.open()
    await store.save(bench.entry("a", "red fox", tags=["t"]))
    awkward = ('"', "'", "fox OR", "AND", "NOT fox", "fo*", "(", ")", "fox)", "a:b", "@t:{fox}", "-fox", "~", "\\", "%")
    for query in (*awkward, "NEAR(fox)", "fox\n", "\t", "fox" * 3000, " ".join(["fox"] * 3000), "🦊", "; drop table x"):
        hits = await store.query(Query(text=query))
        bench.true(all(0 < hit.score <= 1 + _EXACT for hit in hits), f"{hits}", "scores above 0 and at most 1")
    bench.equal(await bench.ids(store, text="fo*"), [], "a wildcard")
    bench.equal(await bench.ids(store, text="(fox)"), ["a"], "in brackets")


@check(TEXT)
async def of_a_long_query_all_count(bench: Bench) -> None:
    """Of a query 1,000 different words are looked for at the least, the last like the first.

    If this fails, check for a limit of words or clauses in one query.
    """
    store = bench.open()
    entries = [bench.entry("a", "giraffe here"), bench.entry("b", "word7 giraffe"), bench.entry("c", "red fox")]
    await store.save_many(entries)
    for count in (20, 100, 990):
        await _agree(bench, store, entries, " ".join([*(f"word{n}" for n in range(count)), "giraffe"]), None)


@check(TEXT)
async def are_cut_after_the_filter(bench: Bench) -> None:
    """With a text and a filter the limit keeps the best of what is admitted, however many others fit better.

    If this fails, check that the filter selects before the best by words are chosen.
    """
    store = bench.open()
    wanted = [bench.entry(f"n{n}", "red fox " + "car " * n, tags=["t"]) for n in range(1, 5)]
    others = [bench.entry(f"x{n}", "red fox", tags=["x"]) for n in range(300)]
    await store.save_many([*wanted, *others, bench.entry("none", "blue car", tags=["t"])])
    for limit in (2, 4):
        hits = await store.query(Query(text="red fox", filter=Filter(tags=["t"]), limit=limit))
        bench.equal([hit.entry.id for hit in hits], [f"n{n}" for n in range(1, limit + 1)], f"the best {limit}")
        bench.true(min(hit.score for hit in hits) > 0, "a score of 0 of one that holds the words", "its score")


@check(TEXT)
async def are_explained_where_asked(bench: Bench) -> None:
    """With `explain`, every hit tells its score, words and tags; without it, none does, and the hits are the same.

    If this fails, check that `explain` changes neither hits nor scores, and that axon.ranking.explanation is used.
    """
    store = bench.open()
    await store.save_many([bench.entry("a", "red foxes", tags=["den"]), bench.entry("b", "blue fox")])
    plain = await store.query(Query(text="fox den"))
    told = await store.query(Query(text="fox den", explain=True))
    bench.equal([(hit.entry, hit.score) for hit in told], [(hit.entry, hit.score) for hit in plain], "the hits")
    bench.equal([hit.explanation for hit in plain], [None, None], "explanations that nobody asked for")
    for hit in told:
        bench.true(hit.explanation is not None, f"no explanation of {hit.entry.id!r}", "an Explanation")
        bench.true(
            abs(hit.explanation.score - hit.score) < _EXACT, f"{hit.explanation.score!r}", f"the score {hit.score!r}"
        )
    within: dict[str, Any] = {"text": "fox den", "filter": Filter(ids=["b"])}
    bench.equal(await bench.ids(store, **within, explain=True), ["b"], "the hits with a filter")
    everything = await store.query(Query(text="den", filter=Filter(), explain=True))
    bench.equal([hit.entry.id for hit in everything], ["a", "b"], "the hits with a filter that admits all")
    for hit in everything:
        bench.true(hit.explanation is not None, f"no explanation of {hit.entry.id!r}", "one, also for a score of 0")
    bench.equal(told[0].explanation.words, ("fox",), "the words of the first")
    bench.equal(told[0].explanation.tags, ("den",), "the tags of the first")


async def _agree(bench: Bench, store: Any, entries: Iterable[MemoryEntry], query: str, where: Filter | None) -> None:
    """Nothing if the hits are those of the definition."""
    hits = await store.query(Query(text=query, filter=where))
    expected = expected_hits(list(entries), query, where)
    came_back = {hit.entry.id: hit.score for hit in hits}
    bench.equal(came_back.keys(), dict(expected).keys(), f"who answers {query!r}")
    for entry_id, score in expected:
        same = abs(came_back[entry_id] - score) < _EXACT
        bench.true(same, f"{entry_id!r} scored {came_back[entry_id]!r} for {query!r}", f"{score!r}")
    # Of two that were created at one moment, whichever.
    places = [(dict(expected)[hit.entry.id], hit.entry.created_at) for hit in hits]
    bench.equal(places, sorted(places, reverse=True), f"scores and moments of creation for {query!r}, in order")
