"""What the doctor finds, and that it only looks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing

import pytest

from axon.adapters.vector import VectorAdapter
from axon.spi import MemoryEntry, SupportsDoctor

FILE = "memory.sqlite3"


def examined(directory, **options):
    """What the doctor says, by subject."""
    adapter = VectorAdapter(directory, **options)
    assert isinstance(adapter, SupportsDoctor)
    return {finding.subject: finding for finding in asyncio.run(adapter.doctor())}


def broken(directory, *statements):
    with closing(sqlite3.connect(directory / FILE, isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


@pytest.fixture
def store(tmp_path):
    """500 entries in a namespace, and some in another one."""

    async def fill():
        for namespace, number in (("axon", 500), ("other", 20)):
            adapter = VectorAdapter(tmp_path, namespace=namespace, embedder="m:1:2")
            await adapter.save_many(
                [
                    MemoryEntry(id=str(i), text=f"entry number{i} of many", tags=["a", f"t{i % 7}"], embedding=[1.0, i])
                    for i in range(number)
                ]
            )
            await adapter.delete_many([str(i) for i in range(0, number, 5)])
            await adapter.close()

    asyncio.run(fill())
    return tmp_path


def test_a_store_that_is_well_has_no_warning(store):
    for namespace, number in (("axon", 400), ("other", 16)):
        found = examined(store, namespace=namespace, embedder="m:1:2")
        assert {finding.severity for finding in found.values()} == {"ok", "info"}
        assert found["entries"].sentence.startswith(f"{number} entries")
        assert "2 dimensions" in found["embedder"].sentence
        assert sqlite3.sqlite_version in found["SQLite"].sentence


def test_where_nothing_is_it_makes_nothing(tmp_path):
    found = examined(tmp_path / "none")
    assert found["file"].severity == "info"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM tag WHERE tag = 'a' AND position = 7", "1 entries without all of their tags"),
        ("INSERT INTO tag VALUES (1, 'a', 9999)", "1 tags without an entry"),
        ("INSERT INTO vector VALUES (9999, 1, x'0000000000000000')", "1 vectors without an entry"),
        ("UPDATE vector SET embedding = x'00000000' WHERE position = 7", "1 vectors of another length"),
        ("DELETE FROM words_1_docsize WHERE id = 7", "1 entries without words"),
        ("INSERT INTO words_1(rowid, tokens) VALUES (9999, 'x')", "1 words without an entry"),
        ("UPDATE namespace SET entries = 399 WHERE number = 1", "400 entries where 399 were counted"),
    ],
)
def test_tables_that_do_not_fit_together_are_errors(statement, said, store):
    broken(store, statement)
    found = examined(store)["entries"]
    assert (found.severity, said in found.sentence) == ("error", True)
    assert "axon export" in found.fix
    assert examined(store, namespace="other")["entries"].severity == "ok"


def test_the_embedder_of_the_configuration_is_compared(store):
    found = examined(store, embedder="m:2:2")["embedder"]
    assert (found.severity, found.fix) == ("error", "axon reindex, or configure m:1:2 again")
    assert "m:1:2, and m:2:2 is configured" in found.sentence
    broken(store, "DELETE FROM vector WHERE position = 7")
    found = examined(store, embedder="m:1:2")["embedder"]
    assert (found.severity, found.fix) == ("warning", "axon reindex")
    assert found.sentence.startswith("1 entries have no vector")


def test_an_unfinished_reindex_is_a_warning(store):
    broken(store, "INSERT INTO pending VALUES (7, 1, x'0000000000000000')")
    assert "1 vectors that `axon reindex` has replaced" in examined(store)["reindex"].sentence
    broken(store, "UPDATE namespace SET target = 'm:2:2'")
    found = examined(store)["reindex"]
    assert (found.severity, found.sentence) == (
        "warning",
        "1 of 400 entries are embedded anew with m:2:2; the old vectors answer",
    )


@pytest.mark.parametrize("damage", ["pages", "truncated", "no database", "words"])
def test_damage_is_an_error_that_names_the_file_and_the_way_back(damage, store):
    file = store / FILE
    if damage == "pages":
        with file.open("r+b") as stream:
            stream.seek(4096 * 5)
            stream.write(b"\xff" * 4096 * 8)
    elif damage == "truncated":
        with file.open("r+b") as stream:
            stream.truncate(4096 * 9 + 100)
    elif damage == "no database":
        file.write_bytes(b"this is a letter to my aunt" * 1000)
    else:
        broken(store, "UPDATE words_1_data SET block = x'00' WHERE id > 10")
    errors = [finding for finding in examined(store).values() if finding.severity == "error"]
    assert errors
    assert str(file) in errors[0].sentence
    assert "axon backup" in errors[0].fix


def test_a_file_of_something_else_or_of_a_later_version_is_named(store):
    broken(store, "PRAGMA user_version = 99")
    assert "pip install --upgrade" in examined(store)["format"].fix
    broken(store, "PRAGMA application_id = 1")
    assert "no file of axon-vector" in examined(store)["format"].sentence


def test_much_unused_space_is_a_warning_that_says_how_to_give_it_back(tmp_path):
    async def fill():
        adapter = VectorAdapter(tmp_path, synchronous="normal")
        await adapter.save_many([MemoryEntry(id=str(i), text="x", embedding=[1.0] * 700) for i in range(5000)])
        await adapter.clear()
        found = {finding.subject: finding for finding in await adapter.doctor()}
        await adapter.close()
        return found["space"]

    found = asyncio.run(fill())
    assert (found.severity, found.fix) == ("warning", "axon compact")


def test_it_looks_while_another_process_writes_and_changes_nothing(store):
    with closing(sqlite3.connect(store / FILE, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE namespace SET entries = 0")
        before = (store / FILE).read_bytes()
        assert examined(store)["entries"].severity == "ok"
        assert (store / FILE).read_bytes() == before
        writer.execute("ROLLBACK")


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_store_on_a_read_only_disk_can_be_examined(store):
    store.chmod(0o500)
    try:
        assert examined(store)["entries"].severity == "ok"
        assert [path.name for path in store.iterdir()] == [FILE]
    finally:
        store.chmod(0o700)
