"""Recall by words: what is found, in which order, and that churn leaves no trace in the scores."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput
from axon.spi import Query

START = datetime(2030, 1, 1, tzinfo=UTC)


def found(adapter: InMemoryAdapter, text: str, **rest: object) -> list[str]:
    return [hit.entry.text for hit in asyncio.run(adapter.query(Query(text=text, **rest)))]


def filled(*texts: str, **options: object) -> InMemoryAdapter:
    adapter = InMemoryAdapter(**options)
    for number, text in enumerate(texts):
        asyncio.run(adapter.save(MemoryEntry(id=str(number), text=text, created_at=START + timedelta(seconds=number))))
    return adapter


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("She is running late", "run"),
        ("I like PIZZA!", "pizza?"),
        ("Grüße aus Köln", "GRÜSSE"),
        ("Der Weg zur Straße", "STRASSE"),
        ("cafe\u0301 au lait", "caf\u00e9"),
        ("Ｆｕｌｌ width", "full"),
        ("हिन्दी में लिखा", "हिन्दी"),
        ("私は東京タワーが好き", "東京タワー"),
        ("ภาษาไทยง่าย", "ไทย"),
        ("max_retries is 3", "max_retries"),
        ("Rate limit: user_123", "rate limit"),
        ("seen at rate_limit:user_1 today", "rate_limit:user_1"),
        ("call 10:30 again", "10:30"),
        ("👍 great", "great"),
    ],
)
def test_a_shared_word_selects(text: str, query: str) -> None:
    assert found(filled(text, "quite another thing"), query) == [text]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("the cat sat on the mat", "what does the user prefer"),
        ("Request at 2026-11-22 10:11:12", "rate_limit:11"),
        ("Request at 2026-11-22 10:11:12", "rate_limit:user-11"),
        ("limit of user_12", "rate_limit:user_1"),
        ("concatenate", "cat"),
    ],
)
def test_no_shared_word_does_not(text: str, query: str) -> None:
    assert found(filled(text), query) == []


def test_stop_words_count_where_there_is_nothing_else() -> None:
    assert found(filled("to be or not to be", "a question"), "to be") == ["to be or not to be"]


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    adapter = filled("apple one", "apple two", "apple six", "cherry one")
    assert found(adapter, "apple cherry")[0] == "cherry one"


def test_a_word_weighs_more_in_a_shorter_text_and_more_often() -> None:
    assert found(filled("cherry", "cherry and very many other words"), "cherry")[0] == "cherry"
    often = "cherry cherry and very many words"
    assert found(filled(often, "cherry and very many other words"), "cherry")[0] == often


def test_ties_go_to_the_newer() -> None:
    assert found(filled("cat one", "cat two", "cat six"), "cat", limit=2) == ["cat six", "cat two"]


def test_a_score_is_the_share_of_the_query_and_comparable_between_stores() -> None:
    def best(adapter: InMemoryAdapter) -> float:
        return asyncio.run(adapter.query(Query(text="zebra crossing")))[0].score

    alone = best(filled("zebra crossing"))
    among_many = best(filled("zebra crossing", *(f"filler number {i}" for i in range(200))))
    assert 0 < alone < 1
    assert among_many == pytest.approx(alone, rel=0.25)


def test_a_filter_selects_and_the_query_ranks() -> None:
    adapter = InMemoryAdapter()
    for number, text in enumerate(["User logged in", "the session began", "elsewhere a session"]):
        tags = ["s1"] if number < 2 else ["s2"]
        asyncio.run(adapter.save(MemoryEntry(text=text, tags=tags)))
    assert found(adapter, "session", filter=Filter(tags=["s1"])) == ["the session began", "User logged in"]


def test_min_score_leaves_the_weak_out() -> None:
    adapter = filled("alpha beta gamma", "alpha")
    scores = [hit.score for hit in asyncio.run(adapter.query(Query(text="beta gamma alpha")))]
    assert len(asyncio.run(adapter.query(Query(text="beta gamma alpha", min_score=scores[0])))) == 1


@pytest.mark.parametrize("query", ["cache", "cache,", "about the cache", "The Cache"])
def test_tags_are_found_by_the_query_and_by_its_words(query: str) -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(text="something", tags=["cache"])))
    asyncio.run(adapter.save(MemoryEntry(text="something else", tags=["cache:2", "my cache", "CACHE2"])))
    assert found(adapter, query) == ["something"]


def test_a_tag_of_several_words_needs_the_whole_query() -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(text="x", tags=["big customer"])))
    assert found(adapter, "big customer") == ["x"]
    assert found(adapter, "a big customer") == []


def test_without_a_word_index_tags_still_answer() -> None:
    adapter = InMemoryAdapter(text_index=False)
    asyncio.run(adapter.save(MemoryEntry(text="hello world", tags=["greeting"])))
    assert found(adapter, "hello") == []
    assert found(adapter, "greeting") == ["hello world"]
    assert found(adapter, "hello", filter=Filter(tags=["greeting"])) == ["hello world"]


def test_another_language() -> None:
    assert found(filled("Die Häuser am See", language="german"), "Haus") == ["Die Häuser am See"]
    assert found(filled("running", language="none"), "run") == []
    with pytest.raises(InvalidInput, match="english"):
        InMemoryAdapter(language="klingon")


def test_scores_after_churn_are_those_of_a_fresh_store() -> None:
    """Overwriting, deleting and expiring many entries leaves nothing behind that counts."""
    random.seed(3)
    now = START
    words = [f"{a}{b}" for a in ("ba", "do", "ke", "li") for b in ("ra", "tu", "mo", "ni", "sa")]
    churned = InMemoryAdapter(clock=lambda: now.timestamp())
    kept: dict[str, MemoryEntry] = {}

    async def churn() -> None:
        for number in range(15_000):
            entry = MemoryEntry(
                id=str(number % 3000),
                text=" ".join(random.choices(words, k=random.randint(1, 9))),
                created_at=START + timedelta(seconds=number),
                expires_at=START + timedelta(days=1) if number % 3 else None,
            )
            await churned.save(entry)
            kept[entry.id] = entry
            if number % 7 == 0:
                await churned.delete(str(number % 1000))
                kept.pop(str(number % 1000), None)

    async def same(entries: dict[str, MemoryEntry]) -> None:
        fresh = InMemoryAdapter(clock=lambda: now.timestamp())
        await fresh.save_many(list(entries.values()))
        for _ in range(20):
            query = Query(text=" ".join(random.sample(words, 3)), limit=50)
            expected = [(hit.entry.id, pytest.approx(hit.score)) for hit in await fresh.query(query)]
            assert [(hit.entry.id, hit.score) for hit in await churned.query(query)] == expected

    asyncio.run(churn())
    asyncio.run(same(kept))
    now = START + timedelta(days=2)
    asyncio.run(same({i: entry for i, entry in kept.items() if entry.expires_at is None}))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The frontend is slow", "backend/frontend"),
        ("our TCP IP stack", "TCP/IP"),
        ("猫が好き", "猫"),
        ("see https://example.com/a now", "https://example.com/a"),
    ],
)
def test_joined_words_and_single_characters(text: str, query: str) -> None:
    assert found(filled(text, "quite another thing"), query) == [text]


@pytest.mark.parametrize("text", ["a:" * 2_000_000, "a@b-" * 500_000, "x" * 5_000_000, "京" * 500_000])
def test_a_huge_text_of_one_word_is_an_ordinary_text(text: str) -> None:
    adapter = filled(text, "small")
    assert found(adapter, "small") == ["small"]
    assert asyncio.run(adapter.delete("0")) is True
    assert asyncio.run(adapter.count()) == 1


def test_an_index_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of memory, say: the analysis of a text is the one step of a save that can fail."""
    adapter = filled("the first", "the second")

    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr("axon.ranking.analysis.Analyzer.terms", fail)
        for entry_id in ("0", "new"):
            with pytest.raises(MemoryError):
                asyncio.run(adapter.save(MemoryEntry(id=entry_id, text="never stored", tags=["t"])))
        with pytest.raises(MemoryError):
            asyncio.run(adapter.delete("1"))
    assert found(adapter, "first second") == ["the second", "the first"]
    assert asyncio.run(adapter.count(Filter(tags=["t"]))) == 0
    assert asyncio.run(adapter.delete("1")) is True
    asyncio.run(adapter.save(MemoryEntry(id="0", text="now stored")))
    assert found(adapter, "stored first") == ["now stored"]
