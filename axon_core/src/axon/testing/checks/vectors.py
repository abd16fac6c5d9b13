"""Queries by a vector: the exact order of cosines."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import AxonError, InvalidInput
from axon.core.filters import Filter
from axon.ranking.fusion import fuse_scores
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.definition import agree, cosine, expected_hits

VECTOR = Capability.VECTOR_SEARCH
_EXACT = 2e-6


def _vectors(count: int, dimension: int, seed: int = 1) -> list[list[float]]:
    chance = random.Random(seed)
    return [[chance.gauss(0, 1) for _ in range(dimension)] for _ in range(count)]


@check(VECTOR)
async def are_ranked_by_their_cosine(bench: Bench) -> None:
    """Hits come in the exact order of their cosines with the query, and the score is the cosine.

    If this fails, check that it is the cosine and not the dot product or a distance, and that nothing approximates.
    """
    store = bench.open()
    now = bench.now()
    entries = [  # of many ages and weights, none of which is part of a cosine
        bench.entry(f"n{n}", embedding=vector, importance=n % 5 / 4, created_at=now - timedelta(days=n))
        for n, vector in enumerate(_vectors(200, 24))
    ]
    await store.save_many(entries)
    for query in _vectors(5, 24, seed=2):
        hits = await store.query(Query(vector=bench.vector(query), limit=50))
        expected = sorted(((cosine(query, e.embedding or ()), e.id) for e in entries), reverse=True)[:50]
        bench.equal([hit.entry.id for hit in hits], [entry_id for _, entry_id in expected], "the order")
        worst = max(abs(hit.score - score) for hit, (score, _) in zip(hits, expected, strict=True))
        bench.true(worst < _EXACT, f"a score that is off by {worst:.2g}", "the cosine")


@check(VECTOR)
async def count_only_by_direction(bench: Bench) -> None:
    """How long a vector is does not matter: not that of an entry, and not that of the query.

    If this fails, check that both are divided by their lengths.
    """
    store = bench.open()
    await store.save_many(
        [
            bench.entry("near", embedding=[0.001, 0.0001]),
            bench.entry("far", embedding=[1000.0, 2000.0]),
            bench.entry("off", embedding=[-5.0, 0.0]),
        ]
    )
    for length in (1e-6, 1.0, 1e6):
        hits = await store.query(Query(vector=bench.vector([length, 0.0])))
        bench.equal([hit.entry.id for hit in hits], ["near", "far", "off"], f"for a query of the length {length:g}")
        bench.true(abs(hits[0].score - cosine([1, 0], [10, 1])) < _EXACT, f"a score of {hits[0].score}", "the cosine")
        bench.true(abs(hits[-1].score + 1) < _EXACT, f"a score of {hits[-1].score}", "-1 for the opposite")


@check(VECTOR)
async def of_zero_are_no_error(bench: Bench) -> None:
    """A vector of zeros, of an entry or of a query, has a cosine of 0 with every other one: no error, and no NaN.

    If this fails, check the division by the length.
    """
    store = bench.open()
    await store.save_many([bench.entry("zero", embedding=[0.0, 0.0]), bench.entry("one", embedding=[1.0, 0.0])])
    for query in ([1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]):
        hits = await store.query(Query(vector=bench.vector(query)))
        for hit in hits:
            bench.true(
                math.isfinite(hit.score) and abs(hit.score - cosine(query, hit.entry.embedding)) < _EXACT,
                f"a score of {hit.score}",
                "the cosine, 0 for a vector of zeros",
            )
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.0]), limit=1), ["one"], "the nearest")


@check(VECTOR)
async def of_another_dimension_are_refused(bench: Bench) -> None:
    """A vector of another dimension than those that are there is refused with InvalidInput, and nothing is changed.

    If this fails, check the dimension before anything is written, and of the query too.
    """
    store, entry = bench.open(), bench.entry("a", embedding=[1.0, 0.0, 0.0])
    other = [0.5] * (bench.width(3) + 1)
    await store.save(entry)
    await bench.refuses(store.save(bench.entry("b", embedding=other)), InvalidInput)
    await bench.refuses(store.save(bench.entry("a", "changed", embedding=other)), InvalidInput)
    await bench.refuses(store.query(Query(vector=bench.vector(other))), AxonError)
    await bench.everywhere(store, entry)
    bench.equal(await store.get("b"), None, "get of what was refused")
    bench.equal(await store.count(), 1, "count")


@check(VECTOR)
async def of_two_dimensions_in_one_batch_are_refused(bench: Bench) -> None:
    """A batch whose vectors differ in their dimension is refused, also where it is the first; no entry of it is there
    without its vector.

    If this fails, check that the members of a batch are compared with each other, and that none is stored in part.
    """
    wide = [0.5] * (bench.width(3) + 1)
    for order in (1, -1):
        store = await bench.empty()
        entries = [bench.entry("a", embedding=[1.0, 0.0, 0.0]), bench.entry("b", embedding=wide), bench.entry("c")]
        await bench.refuses(store.save_many(entries[::order]), InvalidInput)
        kept = [entry for entry in await store.get_many(["a", "b", "c"]) if entry is not None]
        bench.true(all(entry in entries for entry in kept), f"{kept}", "each as it was given, or absent")
        bench.true(not {"a", "b"} <= {entry.id for entry in kept}, "both dimensions", "one of them, or none")


@check(VECTOR)
async def that_are_missing_are_no_candidates(bench: Bench) -> None:
    """Without a filter an entry that has no vector is no hit of a query by a vector alone.

    If this fails, check that it does not get a score of 0 and a place.
    """
    store = bench.open()
    await store.save_many([bench.entry("with", embedding=[-1.0, 0.1]), bench.entry("without")])
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.0])), ["with"])


@check(VECTOR)
async def only_order_what_a_filter_admits(bench: Bench) -> None:
    """With a filter every entry that it admits is a hit, also one without a vector; no other one is, however near.

    If this fails, check that the filter is applied before the nearest are chosen, and that it alone selects.
    """
    store = bench.open()
    vectors = _vectors(300, 8)
    query = bench.vector(_vectors(1, 8, seed=3)[0])
    ranked = sorted(range(300), key=lambda n: cosine(query, vectors[n]))
    wanted = ranked[:7]  # the farthest ones: who takes the nearest first and filters then finds none of them
    entries = [bench.entry(f"n{n}", embedding=vectors[n], tags=["t"] if n in wanted else ["x"]) for n in range(300)]
    await store.save_many([*entries, bench.entry("bare", tags=["t"])])
    found = await bench.ids(store, vector=query, filter=Filter(tags=["t"]))
    bench.equal(set(found), {"bare", *(f"n{n}" for n in wanted)}, "who is a hit")
    order = [f"n{n}" for n in reversed(wanted)]
    bench.equal([entry_id for entry_id in found if entry_id != "bare"], order, "the order of those with a vector")
    for limit in (1, 3):
        some = await bench.ids(store, vector=query, filter=Filter(tags=["t"]), limit=limit)
        bench.equal(some, found[:limit], f"with a limit of {limit}")


@check(VECTOR)
async def are_cut_after_ranking(bench: Bench) -> None:
    """The limit keeps the nearest of all.

    If this fails, check that all vectors are compared before the limit cuts.
    """
    store = bench.open()
    vectors = _vectors(150, 6)
    await store.save_many([bench.entry(f"n{n}", embedding=vector) for n, vector in enumerate(vectors)])
    query = _vectors(1, 6, seed=4)[0]
    order = [f"n{n}" for n in sorted(range(150), key=lambda n: cosine(query, vectors[n]), reverse=True)]
    for limit in (1, 10, 149, 150):
        found = await bench.ids(store, vector=bench.vector(query), limit=limit)
        bench.equal(found, order[:limit], f"the nearest {limit}")


@check(VECTOR)
async def of_thousands_are_all_compared(bench: Bench) -> None:
    """The nearest are found wherever they lie among 2,500, by a query without a filter and by one with.

    If this fails, check for a bound on how many vectors are looked at.
    """
    store, many, near = bench.open(), 2_500, [3, 1_250, 2_490]
    vectors = {n: [1.0, 0.01 * (place + 1)] for place, n in enumerate(near)}
    entries = [bench.entry(f"n{n}", tags=["t"], embedding=vectors.get(n, [-1.0, n / many])) for n in range(many)]
    for first in range(0, many, 500):
        await store.save_many(entries[first : first + 500])
    for where in (None, Filter(tags=["t"])):
        found = await bench.ids(store, vector=bench.vector([1.0, 0.0]), filter=where, limit=3)
        bench.equal(found, [f"n{n}" for n in near], f"the nearest 3, filter={where!r}")


@check(VECTOR)
async def respect_the_least_score(bench: Bench) -> None:
    """Hits below `min_score` are left out, negative ones too.

    If this fails, check that `min_score` may be below 0, and that None leaves out nothing.
    """
    store = bench.open()
    angles = {"same": 0, "near": 30, "square": 90, "far": 150, "opposite": 180}
    made = {name: [math.cos(math.radians(a)), math.sin(math.radians(a))] for name, a in angles.items()}
    await store.save_many([bench.entry(name, embedding=vector) for name, vector in made.items()])
    query = bench.vector([1.0, 0.0])
    bench.equal(await bench.ids(store, vector=query), list(made), "without one")
    for least, count in ((0.5, 2), (-0.5, 3), (-0.99, 4), (0.9999999, 1)):
        found = await bench.ids(store, vector=query, min_score=least)
        bench.equal(found, list(made)[:count], f"with min_score={least}")
    found = await bench.ids(store, vector=query, min_score=0.0)
    # A right angle is about 0, on either side of it.
    bench.equal([name for name in found if name != "square"], ["same", "near"], "with min_score=0.0")


@check(VECTOR)
async def follow_what_is_written(bench: Bench) -> None:
    """After an overwrite, an update or a delete the old vector finds nothing.

    If this fails, check that the vector index follows every write, also where an entry loses its vector.
    """
    store = bench.open()
    await store.save_many([bench.entry(name, embedding=[1.0, 0.0]) for name in "abcd"])
    await store.save(bench.entry("a", embedding=[0.0, 1.0]))
    await store.update("b", embedding=bench.vector([0.0, 2.0]))
    await store.delete("c")
    await store.save(bench.entry("d"))
    hits = await store.query(Query(vector=bench.vector([0.0, 1.0])))
    bench.equal({hit.entry.id: round(hit.score, 5) for hit in hits}, {"a": 1.0, "b": 1.0}, "who is found")
    await store.save(bench.entry("d", embedding=[1.0, 1.0]))
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.5]), limit=1), ["d"], "one that has one again")


@check(VECTOR)
async def of_the_deleted_take_no_place(bench: Bench) -> None:
    """What was deleted or replaced takes no place among the nearest: the limit is filled with what is there.

    If this fails, check that the nearest are chosen among what is there, and not filtered after the limit has cut.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"near{n}", embedding=[1.0, n / 100]) for n in range(8)])
    await store.save_many([bench.entry(f"far{n}", embedding=[1.0, 1.0 + n]) for n in range(4)])
    for number in range(3):
        await store.delete(f"near{number}")
    await store.delete_many(["near3", "near4"])
    await store.save(bench.entry("near5", embedding=[-1.0, 0.0]))
    await store.save(bench.entry("near6"))
    await store.delete_where(Filter(ids=["near7"]))
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.0]), limit=2), ["far0", "far1"], "the nearest 2")
    bench.equal(len(await bench.ids(store, vector=bench.vector([1.0, 0.0]))), 5, "how many there are")


@check(VECTOR)
async def give_ties_to_the_newer(bench: Bench) -> None:
    """Of two that are as near, the one that was created later comes first.

    If this fails, check that `created_at` breaks ties.
    """
    store, now = bench.open(), bench.now()
    for age in (2, 0, 3, 1):
        created = now - timedelta(minutes=age)
        await store.save(bench.entry(f"n{age}", embedding=[3.0, 4.0], created_at=created))
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.0])), ["n0", "n1", "n2", "n3"])
    bench.equal(await bench.ids(store, vector=bench.vector([1.0, 0.0]), limit=2), ["n0", "n1"], "with a limit")


@check(VECTOR)
def are_found_exactly(bench: Bench) -> None:
    """Whatever vectors there are, the hits are those of an exact comparison.

    If this fails, check for an approximation, and for rounding where vectors are almost alike.
    """
    number = st.floats(-100, 100, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x)

    async def example(vectors: list[list[float]], query: list[float]) -> None:
        store = await bench.empty()
        entries = [bench.entry(f"n{n}", embedding=vector) for n, vector in enumerate(vectors)]
        await store.save_many(entries)
        hits = await store.query(Query(vector=bench.vector(query)))
        bench.equal({hit.entry.id for hit in hits}, {entry.id for entry in entries}, "who is a hit")
        for hit in hits:
            expected = cosine(bench.vector(query), hit.entry.embedding)
            bench.true(abs(hit.score - expected) < _EXACT, f"{hit.entry.id} scored {hit.score!r}", f"{expected!r}")
        scores = [hit.score for hit in hits]
        bench.equal(scores, sorted(scores, reverse=True), "scores in the order of the hits")

    vector = st.lists(number, min_size=3, max_size=3)
    bench.for_all(example, st.lists(vector, min_size=1, max_size=8), vector)


async def _written(bench: Bench, store: Any, there: dict[str, MemoryEntry], verb: str, made: MemoryEntry) -> None:
    """Do it, and note in ``there`` what there is after it."""
    match verb:
        case "save":
            await store.save(made)
            there[made.id] = made
        case "batch":
            await store.save_many([made])
            there[made.id] = made
        case "update":
            changed = await store.update(made.id, embedding=made.embedding)
            bench.equal(changed is not None, made.id in there, "whether there was one to update")
            there |= {} if changed is None else {made.id: attrs.evolve(there[made.id], embedding=made.embedding)}
        case _:
            await (store.delete(made.id) if verb == "delete" else store.delete_where(Filter(ids=[made.id])))
            there.pop(made.id, None)


@check(VECTOR)
def are_found_exactly_after_any_writes(bench: Bench) -> None:
    """Whatever vectors came, changed and went, in whatever order: a query ranks what there is, with a filter or not.

    If this fails, check what a delete or an overwrite does to the place of other vectors in the index.
    """
    numbers = st.integers(-3, 3).map(float)
    vector = st.one_of(st.none(), st.lists(numbers, min_size=3, max_size=3))
    names = st.sampled_from([f"n{n}" for n in range(7)])

    async def example(writes: list[tuple[str, str, Any]], asked: list[list[float]]) -> None:
        store, there = await bench.empty(), dict[str, MemoryEntry]()
        for verb, name, numbers in writes:
            tags = ["t"] if name in {"n1", "n3", "n5"} else ["x"]
            await _written(bench, store, there, verb, bench.entry(name, tags=tags, embedding=numbers))
        for numbers in asked:
            for where in (None, Filter(), Filter(tags=["t"]), Filter(ids=["n0", "n2", "n6", "nobody"])):
                for limit in (100, 2):
                    query = Query(vector=bench.vector(numbers), filter=where, limit=limit)
                    agree(bench, await store.query(query), there.values(), query, ties=False)

    verbs = st.sampled_from(["save", "save", "save", "batch", "update", "delete", "delete_where"])
    bench.for_all(
        example,
        st.lists(st.tuples(verbs, names, vector), max_size=20),
        st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=2),
    )


@check(VECTOR)
async def come_back_as_they_were(bench: Bench) -> None:
    """A vector comes back as the float32 numbers that were saved, not scaled and not rounded.

    If this fails, check that a copy is scaled for the search, and the entry keeps its own.
    """
    store = bench.open()
    vectors = [[3.0, 4.0, 0.0], [1e-20, -1e20, 0.1], [0.0, 0.0, 0.0]]
    entries: list[MemoryEntry] = [bench.entry(f"n{n}", embedding=vector) for n, vector in enumerate(vectors)]
    await store.save_many(entries)
    bench.equal(await store.get_many([entry.id for entry in entries]), entries)
    hits = await store.query(Query(vector=bench.vector([1.0, 1.0, 1.0])))
    bench.equal({hit.entry.id: hit.entry for hit in hits}, {entry.id: entry for entry in entries}, "in hits")


@check(VECTOR, Capability.TEXT_SEARCH)
async def and_words_together(bench: Bench) -> None:
    """With a text and a vector an entry is a candidate by either; one that is best by both comes first.

    If this fails, check that the two lists are united and their ranks fused, as axon.ranking.fusion does.
    """
    store = bench.open()
    entries = {
        "both": bench.entry("both", "red fox", embedding=[1.0, 0.0]),
        "words": bench.entry("words", "red fox"),
        "vector": bench.entry("vector", "blue car", embedding=[0.9, 0.1]),
        "neither": bench.entry("neither", "green tree"),
    }
    await store.save_many(list(entries.values()))
    hits = await store.query(Query(text="fox", vector=bench.vector([1.0, 0.0])))
    bench.equal(hits[0].entry.id, "both", "the first")
    bench.equal({hit.entry.id for hit in hits}, {"both", "words", "vector"}, "who is a hit")
    scores = [hit.score for hit in hits]
    bench.equal(scores, sorted(scores, reverse=True), "scores in the order of the hits")
    within = await bench.ids(store, text="fox", vector=bench.vector([1.0, 0.0]), filter=Filter())
    bench.equal(set(within), set(entries), "who is a hit with a filter that admits all")
    bench.equal(within[0], "both", "the first with a filter")


@check(VECTOR, Capability.TEXT_SEARCH)
async def and_words_are_fused_as_everywhere(bench: Bench) -> None:
    """The score of a text and a vector together is that of axon.ranking.fusion, so that tiers can be compared.

    If this fails, check the sum: the share of words, the cosine, and the mean and deviation of all cosines.
    """
    store = bench.open()
    texts = ("red fox", "red car", "blue fox den", "green tree", "fox fox", "blue car")
    vectors = _vectors(30, 4, seed=5)
    entries = [bench.entry(f"n{n}", texts[n % 6], embedding=vector) for n, vector in enumerate(vectors)]
    await store.save_many(entries)
    query = bench.vector(_vectors(1, 4, seed=6)[0])
    cosines = {entry.id: cosine(query, entry.embedding or ()) for entry in entries}
    by_text = {name: score for name, score in expected_hits(entries, "red fox", None) if score}
    mean = math.fsum(cosines.values()) / len(cosines)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in cosines.values()) / len(cosines))
    expected = fuse_scores(by_text, cosines, mean=mean, deviation=deviation, rows=len(cosines))
    for hit in await store.query(Query(text="red fox", vector=query)):
        wanted = expected[hit.entry.id]
        bench.true(abs(hit.score - wanted) < 1e-5, f"{hit.entry.id!r} scored {hit.score!r}", f"{wanted!r}")
    limit, least = 4, sorted(expected.values())[-3]
    by_both: dict[str, Any] = {"text": "red fox", "vector": query}
    bench.equal(len(await bench.ids(store, **by_both, limit=limit)), limit, f"how many with limit={limit}")
    for hit in await store.query(Query(**by_both, min_score=least)):
        bench.true(hit.score >= least - 1e-5, f"a hit of {hit.score!r}", f"none below {least!r}")
    some = Filter(ids=["n1", "n7", "n20"])
    bench.equal(set(await bench.ids(store, **by_both, filter=some)), {"n1", "n7", "n20"}, "with a filter")


@check(VECTOR)
async def are_explained_where_asked(bench: Bench) -> None:
    """With `explain`, every hit of a vector tells its score and its cosine, also with a filter; hits stay the same.

    If this fails, check that axon.ranking.explanation is given the cosines, and that a text is not needed for it.
    """
    store = bench.open()
    vectors = {"a": [1.0, 0.0], "b": [1.0, 1.0], "c": [0.0, 1.0]}
    await store.save_many([bench.entry(name, tags=[name], embedding=vector) for name, vector in vectors.items()])
    query = bench.vector([1.0, 0.2])
    for where in (None, Filter(ids=["a", "c"])):
        plain = await store.query(Query(vector=query, filter=where))
        told = await store.query(Query(vector=query, filter=where, explain=True))
        bench.equal([(hit.entry, hit.score) for hit in told], [(hit.entry, hit.score) for hit in plain], "the hits")
        bench.equal([hit.explanation for hit in plain], [None] * len(plain), "explanations that nobody asked for")
        for hit in told:
            wanted = cosine(query, vectors[hit.entry.id])
            given = None if hit.explanation is None else hit.explanation.cosine
            bench.true(given is not None and abs(given - wanted) < _EXACT, f"a cosine of {given}", f"{wanted!r}")


@check(VECTOR)
async def of_any_length_are_compared(bench: Bench) -> None:
    """Vectors of very large and of very small numbers have their cosines too.

    If this fails, check the length: the square of a float32 of 1e20 or 1e-25 is none; work it out in double precision.
    """
    store = bench.open()
    sizes = (1e25, 1.0, 1e-25)
    made = {f"{way}{size:g}": [size, size * slope] for size in sizes for way, slope in (("near", 0.5), ("far", 4.0))}
    await store.save_many([bench.entry(name, embedding=vector) for name, vector in made.items()])
    for size in sizes:
        query = [size, 0.0]
        hits = await store.query(Query(vector=bench.vector(query)))
        bench.equal({hit.entry.id for hit in hits}, set(made), "who is a hit")
        for hit in hits:
            expected = cosine(query, made[hit.entry.id])
            off = abs(hit.score - expected)
            bench.true(off < _EXACT, f"{hit.entry.id!r} scored {hit.score!r} for {query}", f"{expected!r}")
