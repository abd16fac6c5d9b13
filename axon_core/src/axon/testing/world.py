"""A small world for sequences of verbs: few values, so that what is asked for meets what is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.filters import DateRange, Filter
from axon.spi.query import Query

if TYPE_CHECKING:
    from axon.testing.bench import Bench

IDS = st.sampled_from(["a", "b", "*", "a:b", " ", "日本"])
TAGS = st.frozensets(st.sampled_from(["red", "RED", "red cat", "key:1", "key:11"]), max_size=3)
_WORDS = st.lists(st.sampled_from(["red", "green", "cat", "dogs", "tree", "stone"]), min_size=1, max_size=5)
TEXTS = _WORDS.map(" ".join)
_ASKED = st.one_of(TEXTS, st.sampled_from(["RED", "key:1", "key:11", "nothing here"]))
_METADATA: list[dict[str, Any]] = [
    {},
    {"kind": 1},
    {"kind": True, "x": [1]},
    {"kind": 1.5, "o": {"p": {"q": 1, "r": []}}},
    {"o": {"p": {"q": None}}, "x": {}},
]
_WANTED: list[dict[str, Any]] = [{}, {"kind": 1}, {"kind": True}, {"o": {"p": {"q": 1}}}, {"o": {}}, {"x": [1]}]
# The cosine of each with what is asked for is one product, so that equals are equal to the last bit.
_VECTORS = [[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [-1.0, 0.0], [3.0, 4.0], [4.0, 3.0], [0.0, 0.0]]
_RANKING = {Capability.TEXT_SEARCH, Capability.VECTOR_SEARCH}
_DIRECTIONS = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]


def fields(bench: Bench) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each field but the id and the moments."""
    own: dict[str, st.SearchStrategy[Any]] = {
        "text": TEXTS,
        "tags": TAGS,
        "user_id": st.sampled_from([None, "u1", "u11"]),
        "session_id": st.sampled_from([None, "s", "t"]),
        "importance": st.sampled_from([0.0, 0.25, 0.5, 1.0]),
        "metadata": st.sampled_from(_METADATA),
    }
    if bench.has(Capability.VECTOR_SEARCH):
        own["embedding"] = st.one_of(st.none(), st.sampled_from(_VECTORS).map(bench.vector))
    return own


def filters(start: datetime) -> st.SearchStrategy[Filter]:
    """Filters of one condition or several."""
    conditions: dict[str, st.SearchStrategy[Any]] = {
        "tags": TAGS,
        "user_id": st.sampled_from(["u1", "u11"]),
        "session_id": st.sampled_from(["s", "t"]),
        "importance": st.sampled_from([(0.0, 0.25), (0.5, 1.0)]),
        "metadata": st.sampled_from(_WANTED),
        "created": st.sampled_from([DateRange(start=start), DateRange(end=start + timedelta(seconds=5))]),
        "ids": st.frozensets(IDS, max_size=3),
    }
    one = st.sampled_from(list(conditions)).flatmap(lambda name: st.fixed_dictionaries({name: conditions[name]}))
    return st.one_of(one, st.fixed_dictionaries({}, optional=conditions)).map(lambda given: Filter(**given))


def queries(bench: Bench, start: datetime) -> st.SearchStrategy[Query]:
    """Queries by all that the adapter can be asked, together too; among them those that leave hits out."""
    texts: st.SearchStrategy[str | None] = st.none()
    if bench.has(Capability.TEXT_SEARCH):
        texts = st.one_of(st.none(), _ASKED)
    vectors: st.SearchStrategy[Any] = st.none()
    if bench.has(Capability.VECTOR_SEARCH):
        vectors = st.one_of(st.none(), st.sampled_from(_DIRECTIONS).map(bench.vector))

    def asked(text: str | None, vector: Any, where: Filter | None, **more: Any) -> Query:
        if text is None and vector is None and where is None:
            where = Filter()
        return Query(text=text, vector=vector, filter=where, **more)

    return st.builds(
        asked,
        texts,
        vectors,
        st.one_of(st.none(), st.just(Filter()), filters(start)),
        limit=st.sampled_from([1, 2, 100]),
        min_score=st.sampled_from([None, None, 0.0, 0.31, -0.5]),
        explain=st.booleans() if bench.subject.capabilities & _RANKING else st.just(value=False),
    )
