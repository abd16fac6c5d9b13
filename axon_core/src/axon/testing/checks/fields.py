"""What goes in comes out: every field, to the microsecond and the last bit."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.zone import not_utc

_FAR = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_FIELDS: dict[str, dict[str, Any]] = {
    "text_in_many_scripts": {"text": "naïve Straße 日本語 עברית 🦊 ǅ\u0301 \u200d"},
    "text_of_letters_and_marks": {"text": samples.COMBINED},
    "text_with_quotes_and_newlines": {"text": 'it\'s "so"; -- \\ \r\n\t%s {0} ${x} </x>'},
    "text_with_a_byte_order_mark": {"text": "\ufeffred\ufeff fox"},
    "text_with_control_characters": {"text": "red\x01\x1b[0m\x7f\x85\u2028fox\x1a"},
    "text_with_spaces_around_it": {"text": " \t red  fox \n "},
    "tags": {"tags": ["red", "RED", "a b", "key:1", "*", "ü", "🦊", "\n", "'", "x" * 1024]},
    "user_id": {"user_id": "ada lovelace:*{}"},
    "session_id": {"session_id": "s:1/2\\3 🦊"},
    "importance_of_zero": {"importance": 0.0},
    "importance_of_one": {"importance": 1.0},
    "importance_to_the_last_bit": {"importance": 0.1 + 0.2},
    "metadata": {"metadata": {"a": [1, 2.5, None, True, {"b": "ü"}], "": "", "n": 2**53 + 1, "x": -0.1, "e": {}}},
    "metadata_with_awkward_text": {
        "metadata": {"\r\n": "a\r\nb", "\ufeff": "\ufeff", "k": " a ", "\x1f": "\x1f\x7f\x85"}
    },
    "metadata_that_tells_true_from_one": {"metadata": {"t": True, "one": 1, "zero": 0, "f": False, "float": 1.0}},
    "metadata_of_large_integers": {"metadata": {"n": [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)], "one": 1}},
    "metadata_of_floats_to_the_last_bit": {
        "metadata": {"n": [-0.0, 0.0, 1.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 123456789.12345679, 1e22]}
    },
    "metadata_of_nothing_inside": {"metadata": {"e": {}, "l": [], "o": {"e": {}, "l": [[], {}], "n": None}, "t": ""}},
    "created_before_1970": {"created_at": datetime(1869, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)},
    "created_to_the_microsecond": {"created_at": datetime(2031, 2, 3, 4, 5, 6, 1, tzinfo=UTC)},
    "end_to_the_microsecond": {"expires_at": datetime(2101, 2, 3, 4, 5, 6, 123_457, tzinfo=UTC)},
    "end_in_the_year_9999": {"expires_at": _FAR},
    "end_to_the_microsecond_far_away": {"expires_at": datetime(9000, 2, 3, 4, 5, 6, 123_457, tzinfo=UTC)},
    "created_in_the_first_year": {"created_at": datetime(1, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)},
    "created_in_the_last_year": {"created_at": datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC)},
    "own_ttl": {
        "expires_at": datetime(2101, 2, 3, tzinfo=UTC),
        "ttl": timedelta(days=3, seconds=1, microseconds=7),
    },
    "embedding": {"embedding": [0.1, -2.5, 3e-30, 1e30]},
    "everything": {
        "text": "all of it",
        "tags": ["x", "y"],
        "user_id": "u",
        "session_id": "s",
        "importance": 0.75,
        "metadata": {"k": [1]},
        "expires_at": datetime(2101, 2, 3, tzinfo=UTC),
        "ttl": timedelta(seconds=90),
        "embedding": [1.0, 0.0, 0.5, 0.25],
    },
}


@check(each=_FIELDS)
async def come_back(bench: Bench, values: dict[str, Any]) -> None:
    """What goes in comes out: every field, to the microsecond and the last bit, by every verb that reads.

    If this fails, check how the field is encoded: no rounding of times, no floats for integers, no lost characters.
    """
    store, entry = bench.open(), bench.whole_entry("a", **values)
    await store.save(entry)
    found = await store.get("a")
    bench.equal(found, entry, "get")
    bench.equal(_written(found), _written(entry), "metadata, with 1 told from 1.0 and from true")
    bench.equal(await store.get_many(["a"]), [entry], "get_many")
    bench.equal((await bench.scanned(store)).get("a"), entry, "scan")
    bench.equal([hit.entry for hit in await store.query(Query(filter=Filter()))], [entry], "query")


@check(each=_FIELDS)
async def come_back_from_a_batch(bench: Bench, values: dict[str, Any]) -> None:
    """`save_many` keeps every field as `save` does.

    If this fails, check that both write in the same way.
    """
    store, entry = bench.open(), bench.whole_entry("a", **values)
    other = bench.whole_entry("b", embedding=None if entry.embedding is None else [0.5] * len(entry.embedding))
    bench.equal(await store.save_many([entry, other]), None, "save_many")
    found = await store.get_many(["a", "b"])
    bench.equal(found, [entry, other])
    bench.equal(_written(found[0]), _written(entry), "metadata, with 1 told from 1.0 and from true")


_MOMENTS: dict[str, datetime] = {
    "winter": datetime(2101, 1, 15, 12, 0, 0, 1, tzinfo=UTC),
    "summer": datetime(2101, 7, 15, 12, 0, 0, 1, tzinfo=UTC),
    "the_hour_that_is_left_out": datetime(2101, 3, 27, 2, 30, tzinfo=UTC),
    "the_hour_that_comes_twice": datetime(2101, 10, 30, 0, 30, tzinfo=UTC),
    "the_hour_that_comes_again": datetime(2101, 10, 30, 1, 30, tzinfo=UTC),
}


@check(each=_MOMENTS)
async def come_back_where_local_time_is_not_utc_in(bench: Bench, moment: datetime) -> None:
    """Moments come out as they went in where the machine's local time is not UTC, and has a summer time.

    If this fails, check for moments without a zone: what is taken for local time is another moment elsewhere.
    """
    with not_utc():
        store = bench.open()
        entry = bench.entry("a", created_at=moment - timedelta(days=36524), expires_at=moment, ttl=timedelta(days=1))
        await store.save(entry)
        bench.equal(await store.get("a"), entry, "get")
        bench.equal((await bench.scanned(store)).get("a"), entry, "scan")
        changed = await store.update("a", expires_at=moment + timedelta(days=1))
        bench.equal(changed and changed.expires_at, moment + timedelta(days=1), "the end that update gives")
        bench.equal(await store.get("a"), changed, "get after an update")
        await store.save_many([entry])
        bench.equal(await store.get("a"), entry, "get after a batch")


@check()
async def with_a_nul_come_back_or_are_refused(bench: Bench) -> None:
    """A text or metadata with a NUL comes out as it went in, or is refused with InvalidInput; it is not changed.

    If this fails, check what the store makes of the character: to end the text there is not an answer.
    """
    store = bench.open()
    awkward: tuple[dict[str, Any], ...] = ({"text": "red\0fox"}, {"metadata": {"k": "a\0b"}})
    for number, values in enumerate(awkward):
        entry = bench.entry(f"n{number}", **values)
        try:
            await store.save(entry)
        except InvalidInput:
            bench.equal(await store.get(entry.id), None, "get of what was refused")
        else:
            bench.equal(await store.get(entry.id), entry, "get")


def _written(entry: MemoryEntry) -> str:
    """The metadata as JSON, in which 1 is neither 1.0 nor true, and -0.0 is not 0.0, as they are equal in Python."""
    return json.dumps(entry.metadata, sort_keys=True)


async def _after(store: Any, before: MemoryEntry, entry: MemoryEntry) -> None:
    await store.save(before)
    await store.save(entry)


async def _updated(store: Any, before: MemoryEntry, entry: MemoryEntry) -> None:
    await store.save(before)
    names = ("text", "tags", "user_id", "session_id", "importance", "metadata", "created_at", "expires_at", "ttl")
    await store.update(entry.id, **{name: getattr(entry, name) for name in names})


_WAYS: dict[str, Callable[[Any, Bench, MemoryEntry], Awaitable[Any]]] = {
    "a_save": lambda store, _, entry: store.save(entry),
    "a_batch": lambda store, bench, entry: store.save_many([bench.entry(f"{entry.id[:900]} other"), entry]),
    "an_overwrite": lambda store, bench, entry: _after(store, bench.entry(entry.id, metadata={"old": 1}), entry),
    "an_update": lambda store, bench, entry: _updated(store, bench.entry(entry.id, metadata={"old": 1}), entry),
}


@check(each=_WAYS)
def of_any_entry_come_back_after(bench: Bench, way: Callable[[Any, Bench, MemoryEntry], Awaitable[Any]]) -> None:
    """What goes in comes out, whatever it is, however it was written, by every verb that reads.

    If this fails, check the encoding of the field that differs.
    """

    async def example(entry: MemoryEntry) -> None:
        store = await bench.empty()
        await way(store, bench, entry)
        hits = await store.query(Query(filter=Filter(ids=[entry.id])))
        found = {
            "get": await store.get(entry.id),
            "get_many": (await store.get_many([entry.id]))[0],
            "scan": (await bench.scanned(store)).get(entry.id),
            "query": hits[0].entry if hits else None,
        }
        for verb, one in found.items():
            bench.equal(one, entry, verb)
            if one is not None:
                bench.equal(_written(one), _written(entry), f"metadata of {verb}, with 1 told from 1.0 and from true")

    bench.for_all(example, samples.entries(bench.now()))
