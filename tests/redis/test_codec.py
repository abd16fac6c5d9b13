"""What lies in Redis: values, ids and keys, to the last bit and for all later versions."""

from __future__ import annotations

import asyncio
import struct
from array import array
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis.crc import key_slot
from redis_data import entry, found, ids, opened, stored
from redis_golden import ENTRIES, FOLDER, IDS, NAMESPACES, keys

from axon import Filter, MemoryEntry
from axon.core.embeddings import as_embedding
from axon.core.errors import StoreCorrupt
from axon_redis import codec, terms
from axon_redis.codec import entry_of, value_of
from axon_redis.keys import Keys, packed, shard_of, unpacked

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60)
ODD = st.text(st.sampled_from("ab{}#%:*=?[]\\^ é\x01"), min_size=1, max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0))
TTLS = st.timedeltas(timedelta(microseconds=1), timedelta(days=1000 * 365))
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ENTRIES_DRAWN = st.builds(
    lambda expires, ttl, **values: MemoryEntry(expires_at=expires, ttl=None if expires is None else ttl, **values),
    id=NAMES,
    text=NAMES.filter(lambda text: not text.isspace()),
    tags=st.frozensets(NAMES, max_size=4),
    user_id=st.none() | NAMES,
    session_id=st.none() | NAMES,
    importance=st.floats(0, 1),
    metadata=st.dictionaries(NAMES, JSON, max_size=4),
    created_at=MOMENTS,
    expires=st.none() | MOMENTS,
    ttl=st.none() | TTLS,
    embedding=st.none() | st.lists(FLOATS, min_size=1, max_size=8),
)


def exactly(one):
    """All of an entry, so that 1 differs from 1.0, 0.0 from -0.0 and a moment from the same one in another zone."""
    fields = attrs.asdict(one, recurse=False)
    return {
        name: value.tobytes() if name == "embedding" and value is not None else repr(value)
        for name, value in fields.items()
        if name != "tags"
    } | {"tags": one.tags}


@pytest.mark.parametrize("name", ENTRIES)
def test_values_are_what_they_always_were(name):
    golden = (FOLDER / f"{name}.bin").read_bytes()
    assert value_of(ENTRIES[name][1]) == golden
    assert exactly(entry_of(golden)) == exactly(ENTRIES[name][1])


def test_keys_are_what_they_always_were():
    assert keys() == (FOLDER / "keys.txt").read_text(encoding="utf-8")


def test_the_head_of_a_value_is_where_the_script_that_refreshes_looks():
    value = (FOLDER / "everything.bin").read_bytes()
    assert value[:5] == b"\x9e\x01\xc7\x0c\xff"  # 14 items, version 1, a timestamp of 12 bytes
    nanoseconds, seconds, kind, lifetime, refreshed = struct.unpack(">IqBQB", value[5:27])
    expires, own = ENTRIES["everything"][1].expires_at, ENTRIES["everything"][1].ttl
    assert datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=nanoseconds // 1000) == expires
    assert (kind, refreshed, timedelta(microseconds=lifetime)) == (0xCF, 0xC2, own)


@settings(max_examples=150)
@given(ENTRIES_DRAWN)
def test_every_entry_comes_back_to_the_last_bit(one):
    back = entry_of(value_of(one))
    assert exactly(back) == exactly(one)
    assert back == one
    assert value_of(back) == value_of(one)


@given(st.lists(FLOATS, min_size=1, max_size=64))
def test_embeddings_come_back_to_the_last_bit(numbers):
    back = entry_of(value_of(entry("a", embedding=numbers))).embedding
    assert back.tobytes() == array("f", numbers).tobytes() == as_embedding(numbers).tobytes()
    assert back.readonly
    assert back.format == "f"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ENTRIES_DRAWN, max_size=10, unique_by=lambda one: one.id))
def test_every_entry_comes_back_from_a_server(shared, raw, drawn):
    never = [attrs.evolve(one, expires_at=None, ttl=None) for one in drawn]

    async def main():
        async with opened(shared) as adapter:
            raw.flushall()
            await adapter.save_many(never)
            for one in never:
                assert exactly(await adapter.get(one.id)) == exactly(one)
                assert await found(adapter, filter=Filter(tags=one.tags, user_id=one.user_id, ids=[one.id])) == [one.id]
            assert await ids(adapter) == stored(raw) == {one.id for one in never}
            for one in never:
                assert await adapter.delete(one.id) is True
            assert set(raw.keys("*")) <= {b"{axon}:c"}

    asyncio.run(main())


@given(st.one_of(NAMES, ODD, st.uuids().map(str), st.sampled_from(list(IDS.values()))))
def test_an_id_comes_back_from_its_key(entry_id):
    assert unpacked(packed(entry_id)) == entry_id


@given(st.lists(st.one_of(ODD, st.uuids().map(str), st.binary(min_size=16, max_size=16).map(bytes.hex)), unique=True))
def test_no_two_ids_share_a_key_or_begin_another(entry_ids):
    keys = [packed(entry_id) for entry_id in entry_ids]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert not any(other != key and other.startswith(key) for other in keys)


@pytest.mark.parametrize("entry_id", IDS.values(), ids=IDS)
def test_odd_ids_are_ordinary_for_every_verb(shared, raw, entry_id):
    async def main():
        async with opened(shared) as adapter:
            others = [f"{entry_id}{more}"[-1024:] for more in ("", "0", "*", ":i", "\x01")]
            await adapter.save_many([entry(other, tags=["t"]) for other in others])
            one = entry(entry_id, tags=["t", "own"])
            await adapter.save(one)
            everything = {entry_id, *others}
            assert await adapter.get(entry_id) == one
            assert await adapter.get_many([entry_id]) == [one]
            assert (await adapter.update(entry_id, text="changed")).text == "changed"
            assert await found(adapter, filter=Filter(tags=["own"])) == [entry_id]
            assert await found(adapter, filter=Filter(ids=[entry_id])) == [entry_id]
            assert await ids(adapter) == stored(raw) == everything
            assert await adapter.delete(entry_id) is True
            assert await ids(adapter) == stored(raw) == everything - {entry_id}
            assert await adapter.clear() == len(everything) - 1
            assert raw.keys("*") == []

    asyncio.run(main())


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.one_of(NAMES, ODD), st.integers(0, 2), st.integers(3, 5)), unique=True, min_size=2, max_size=6
    )
)
@example([("a", 0, 3), ("a#0/3", 0, 1), ("a%230/3", 0, 1), ("a", 0, 1), ("a", 0, 30)])
@example([("a{b}", 0, 1), ("a", 0, 1), ("{a", 0, 1), ("a}", 0, 1), ("a%7Bb%7D", 0, 1)])
def test_namespaces_share_no_key_and_each_has_one_slot(namespaces):
    seen = set()
    for namespace in namespaces:
        it = Keys.of(*namespace)
        own = [
            it.postings,
            it.due,
            it.records,
            it.ranks,
            it.complete,
            it.base + b":n",
            it.base + b":b",
            it.base + b":w",
        ]
        own += [it.entry(packed(entry_id)) for entry_id in ("a", "}", "{x}", IDS["uuid"])]
        assert len({key_slot(key) for key in [*own, it.base]}) == 1
        assert not seen & set(own)
        seen |= set(own)
        for other in [other for other in namespaces if other != namespace]:
            assert not Keys.of(*other).base.startswith(it.base)


def test_siblings_lie_in_different_slots_and_odd_namespaces_in_their_own():
    slots = {key_slot(Keys.of(*namespace).base) for namespace in NAMESPACES.values()}
    assert len(slots) == len(NAMESPACES)
    assert len({key_slot(Keys.of("axon", shard, 16).base) for shard in range(16)}) == 16


def test_shards_of_ids_never_change():
    assert [shard_of(packed(entry_id), 3) for entry_id in IDS.values()] == [
        1, 2, 1, 1, 2, 0, 2, 1, 2, 0, 1, 2, 1, 1, 1, 2, 1, 0, 1, 1,
    ]  # fmt: skip


@given(st.lists(MOMENTS, min_size=2, max_size=5))
def test_moments_sort_in_the_index_as_they_do_in_time(moments):
    near = [moment for moment in moments if moment.year < 2200]
    assert sorted(near) == sorted(near, key=terms.time_of)
    assert sorted(map(terms.time_of, near)) == [terms.time_of(moment) for moment in sorted(near)]
    assert len({terms.time_of(moment) for moment in near}) == len(set(near))


CORRUPT = {
    "empty": b"",
    "one byte": b"\x9e",
    "text": b"hello world",
    "json": b'{"id": "a"}',
    "zeros": bytes(100),
    "cut off": (FOLDER / "everything.bin").read_bytes()[:-3],
    "too long": (FOLDER / "everything.bin").read_bytes() + b"\0",
    "embedding of 3 bytes": value_of(entry("a", embedding=[1.0]))[:-6] + b"\xc4\x03abc",
    "another array": b"\x92\x01\x02",
}


@pytest.mark.parametrize("value", CORRUPT.values(), ids=CORRUPT)
def test_a_value_that_cannot_be_read_is_named(shared, raw, value):
    key = b"{axon}=bad one\0"

    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([entry("bad one", tags=["t"]), entry("good", tags=["t"])])
            raw.set(key, value)
            for asking in (
                adapter.get("bad one"),
                adapter.get_many(["good", "bad one"]),
                adapter.update("bad one", text="x"),
                found(adapter, filter=Filter(ids=["bad one"])),
            ):
                with pytest.raises(StoreCorrupt, match="'bad one'") as caught:
                    await asking
                assert caught.value.entry_id == "bad one"
                assert f":{shared.port}" in str(caught.value)
            assert (await adapter.get("good")).id == "good"
            assert raw.get(key) == value  # looking at it changes nothing
            assert await adapter.delete("bad one") is True
            assert await ids(adapter) == {"good"}
            raw.set(key, value)
            await adapter.save(entry("bad one", tags=["t"]))
            assert set(await found(adapter, filter=Filter(tags=["t"]))) == {"bad one", "good"}

    asyncio.run(main())


def test_a_value_of_a_later_version_says_so(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a"))
            value = raw.get(b"{axon}=a\0")
            raw.set(b"{axon}=a\0", value[:1] + b"\x02" + value[2:])
            with pytest.raises(StoreCorrupt, match=r"'a'.*version 2") as caught:
                await adapter.get("a")
            assert "axon-redis" in str(caught.value)

    asyncio.run(main())


def test_a_value_under_another_key_is_not_handed_out(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a"))
            raw.copy(b"{axon}=a\0", b"{axon}=b\0")
            with pytest.raises(StoreCorrupt, match="'b'"):
                await adapter.get("b")

    asyncio.run(main())


@settings(max_examples=300)
@given(st.sampled_from(sorted(ENTRIES)), st.data())
def test_a_damaged_value_is_an_entry_or_a_value_error(name, data):
    value = bytearray((FOLDER / f"{name}.bin").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = entry_of(bytes(value))
    except ValueError:
        return
    assert read.created_at.tzinfo is UTC
    assert read.expires_at is None or read.expires_at.tzinfo is UTC
    _ = Filter().matches(read), repr(read), read.lifetime


def test_the_version_is_one():
    assert codec.VERSION == 1
