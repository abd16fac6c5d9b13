"""Identifiers are ordinary text: none is a pattern, a path, a number or the same as another one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from axon.core.filters import Filter
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check

_PAIRS: dict[str, tuple[str, str]] = {
    "another_case": ("User", "user"),
    "a_prefix": ("user1", "user10"),
    "a_suffix": ("1user", "user"),
    "a_separator": ("a:b", "a"),
    "a_star": ("*", "anything"),
    "a_star_at_the_end": ("user*", "user1"),
    "a_question_mark": ("user?", "user1"),
    "brackets": ("user[12]", "user1"),
    "braces": ("{user}", "user"),
    "a_percent_sign": ("user%", "user1"),
    "an_underscore": ("user_1", "userx1"),
    "a_backslash": ("user\\*", "user*"),
    "a_space_at_the_end": ("user ", "user"),
    "a_space_inside": ("red fox", "red"),
    "a_space_before": (" user", "user"),
    "a_comma": ("a,b", "a"),
    "quotes": ("us'er", 'us"er'),
    "another_normal_form": ("é", "e\u0301"),
    "an_accent": ("café", "cafe"),
    "another_width": ("user1", "user\uff11"),
    "sharp_s": ("straße", "strasse"),
    "a_dotless_i": ("\u0131", "i"),
    "leading_zeros": ("007", "7"),
    "a_number_as_text": ("1", "1.0"),
    "a_uuid_in_capitals": ("0f0e0d0c-0b0a-7908-8706-050403020100", "0F0E0D0C-0B0A-7908-8706-050403020100"),
    "a_uuid_without_dashes": ("0f0e0d0c-0b0a-7908-8706-050403020100", "0f0e0d0c0b0a79088706050403020100"),
    "a_line_break": ("a\n", "a"),
    "a_zero_width_joiner": ("👩\u200d👧", "👩👧"),
    "a_byte_order_mark": ("\ufeffa", "a"),
    "the_last_of_many_characters": ("x" * 1023 + "a", "x" * 1023 + "b"),
    "a_word_for_nothing": ("None", "null"),
    "an_escape": ("user%31", "user1"),
    "a_separator_at_the_end": ("a:", "a"),
    "a_path": ("../a", "a"),
}


@check(each=_PAIRS)
async def of_ids_is_told_apart_by(bench: Bench, pair: tuple[str, str]) -> None:
    """Two ids that differ in this are two entries, for every verb.

    If this fails, check that ids are compared byte for byte: no folding, trimming, normalising, patterns or cutting.
    """
    for names in (pair, pair[::-1]):  # one may be a pattern for the other
        store = await bench.empty()
        first, second = (bench.entry(name, f"text {number}") for number, name in enumerate(names))
        await store.save(first)
        bench.equal(await store.get(second.id), None, "get of the other")
        bench.equal(await store.delete(second.id), False, "delete of the other")
        bench.equal(await store.update(second.id, text="words"), None, "update of the other")
        await store.save(second)
        bench.equal([await store.get(name) for name in names], [first, second], "get")
        bench.equal(await store.get_many(list(names)), [first, second], "get_many")
        bench.equal(await store.count(), 2, "count")
        bench.equal(await bench.ids(store, filter=Filter(ids=[first.id])), [first.id], "query by id")
        bench.equal(await store.delete(first.id), True, "delete")
        bench.equal(await bench.scanned(store), {second.id: second}, "what is left")


@check(each=_PAIRS)
async def of_tags_users_and_sessions_is_told_apart_by(bench: Bench, pair: tuple[str, str]) -> None:
    """Two tags, users or sessions that differ in this are not the same.

    If this fails, check that they are compared byte for byte: a tag is an atom, and never a pattern or a word.
    """
    store = bench.open()
    one, other = pair
    await store.save(bench.entry("one", tags=[one], user_id=one, session_id=one))
    await store.save(bench.entry("other", tags=[other], user_id=other, session_id=other))
    for name, expected in ((one, ["one"]), (other, ["other"])):
        for where in (Filter(tags=[name]), Filter(user_id=name), Filter(session_id=name)):
            bench.equal(await bench.ids(store, filter=where), expected, "query")
            bench.equal(await store.count(where), 1, "count")
    for where in (Filter(tags=[one, other]), Filter(user_id=one, session_id=other)):
        bench.equal(await bench.ids(store, filter=where), [], "query of both")
    bench.equal(await store.delete_where(Filter(tags=[one])), 1, "delete_where")
    bench.equal(set(await bench.scanned(store)), {"other"}, "what is left")


@check()
async def of_awkward_ids(bench: Bench) -> None:
    """Every id of 1 to 1024 characters without NUL works with every verb.

    If this fails, check that keys, paths and patterns are never put together from an id as it is.
    """
    store = bench.open()
    entries = [bench.entry(name, f"text {number}") for number, name in enumerate(samples.AWKWARD)]
    for entry in entries:
        await store.save(entry)
    names = [entry.id for entry in entries]
    bench.equal(await store.get_many(names), entries, "get_many")
    bench.equal(await bench.scanned(store, limit=7), {entry.id: entry for entry in entries}, "scan")
    bench.equal(await store.count(Filter(ids=names)), len(names), "count by ids")
    for entry in entries:
        bench.equal(await bench.ids(store, filter=Filter(ids=[entry.id])), [entry.id], "query by id")
    for entry in entries:
        bench.equal(await store.delete(entry.id), True, f"delete of {entry.id!r}")
    bench.equal(await store.count(), 0, "count")


@check()
def of_any_ids(bench: Bench) -> None:
    """Whatever two ids there are, each is its own entry.

    If this fails, check how an id becomes a key, and that it comes back from it as it was.
    """

    async def example(names: list[str]) -> None:
        store = await bench.empty()
        entries = {name: bench.entry(name, f"text {number}") for number, name in enumerate(names)}
        await store.save_many(list(entries.values()))
        bench.equal(await store.get_many(names), [entries[name] for name in names], "get_many")
        bench.equal(await bench.scanned(store, limit=3), entries, "scan")
        first = names[0]
        bench.equal(await store.delete(first), True, "delete")
        bench.equal(await store.count(), len(names) - 1, "count")

    bench.for_all(example, st.lists(samples.NAMES, min_size=1, max_size=6, unique=True))


@check()
def of_any_tags(bench: Bench) -> None:
    """Whatever tags, users and sessions there are, a filter by one finds those that have exactly it.

    If this fails, check how they become a key of an index.
    """

    async def example(names: list[str], asked: str) -> None:
        store = await bench.empty()
        made = [
            bench.entry(f"n{number}", tags=[name], user_id=name, session_id=name) for number, name in enumerate(names)
        ]
        await store.save_many(made)
        for name in (*names, asked):
            expected = {entry.id for entry in made if entry.user_id == name}
            filters: tuple[Any, ...] = (Filter(tags=[name]), Filter(user_id=name), Filter(session_id=name))
            for where in filters:
                bench.equal(set(await bench.ids(store, filter=where)), expected, "query")

    bench.for_all(example, st.lists(samples.NAMES, min_size=1, max_size=4), samples.NAMES, count=15)
