"""Files that cannot be used: an error that names the file and says what would help, and never a wrong answer."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.core.errors import (
    StoreConflict,
    StoreCorrupt,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreUnavailable,
    StoreUnsupported,
)
from axon.spi import Query, as_embedding, iterate

FILE = "memory.sqlite3"
FLIPS = int(os.environ.get("AXON_FLIPS", "60"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a store with 400 entries."""
    path = tmp_path_factory.mktemp("whole")
    asyncio.run(filled(path))
    return path


async def filled(path: Path) -> None:
    adapter = VectorAdapter(path)
    chance = random.Random(0)
    await adapter.save_many(
        [
            MemoryEntry(
                id=f"id {number}",
                text=f"word{number} and common words that fill a page " * 3,
                tags=[f"t{number % 5}"],
                user_id=f"u{number % 7}",
                metadata={"number": number},
                embedding=[chance.gauss(0, 1) for _ in range(32)],
            )
            for number in range(400)
        ]
    )
    await adapter.close()


async def answers(path: Path) -> list[Any]:
    """What a store says to one question of each kind."""
    adapter = VectorAdapter(path)
    try:
        near = Query(vector=as_embedding([1.0] * 32), limit=400)
        return [
            sorted((one.id, one.text, one.tags, one.user_id) for one in [one async for one in iterate(adapter)]),
            await adapter.get("id 200") is not None,
            [hit.entry.id for hit in await adapter.query(Query(text="word7 common", limit=400))],
            {hit.entry.id for hit in await adapter.query(near)},
            await adapter.count(Filter(tags=["t1"])),
            await adapter.count(Filter(metadata={"number": 3})),
        ]
    finally:
        await adapter.close()


async def written(path: Path) -> None:
    """Writes that touch every index."""
    adapter = VectorAdapter(path)
    try:
        for number in range(0, 400, 40):
            await adapter.update(f"id {number}", text="another text")
            await adapter.delete(f"id {number + 1}")
            await adapter.save(MemoryEntry(id=f"id {number + 2}", text="x", tags=["t"], embedding=[1.0] * 32))
    finally:
        await adapter.close()


def copied(whole: Path, path: Path) -> Path:
    shutil.copytree(whole, path, dirs_exist_ok=True)
    return path / FILE


def refused(path: Path, error: type[StoreError], message: str) -> None:
    """Reading and writing both fail, with a message that names the file, and health tells it without failing."""
    for call in (VectorAdapter(path).count, lambda: VectorAdapter(path).save(MemoryEntry(text="x"))):
        with pytest.raises(error, match=message) as caught:
            asyncio.run(call())
        assert FILE in str(caught.value) or str(path) in str(caught.value)
    health = asyncio.run(VectorAdapter(path).health())
    assert health.status == "down"
    assert error.__name__ in health.detail


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(whole: Path, tmp_path: Path, share: float) -> None:
    file = copied(whole, tmp_path)
    os.truncate(file, int(file.stat().st_size * share))
    refused(tmp_path, StoreDamaged, "axon doctor")


def test_a_file_of_text_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text("Shopping: milk, bread. " * 500)
    refused(tmp_path, StoreDamaged, "axon doctor")
    assert file.read_text() == "Shopping: milk, bread. " * 500


def test_a_file_without_a_byte_is_a_new_store(tmp_path: Path) -> None:
    """As a process leaves it that was killed while it made the file."""
    (tmp_path / FILE).touch()
    assert asyncio.run(VectorAdapter(tmp_path).count()) == 0


def test_an_empty_file_beside_its_log_is_refused(tmp_path: Path) -> None:
    """SQLite would throw the log away, and with it what was acknowledged."""
    program = (
        "import asyncio, os, sys; from axon import MemoryEntry; from axon.adapters.vector import VectorAdapter\n"
        "adapter = VectorAdapter(sys.argv[1])\n"
        "asyncio.run(adapter.save(MemoryEntry(text='x'))); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    os.truncate(tmp_path / FILE, 0)
    refused(tmp_path, StoreDamaged, "log")


def test_another_language_is_refused_once_it_has_taken_the_words_over(tmp_path: Path) -> None:
    english, german = VectorAdapter(tmp_path), VectorAdapter(tmp_path, language="german")
    asyncio.run(english.save(MemoryEntry(id="a", text="running houses")))
    asyncio.run(german.save(MemoryEntry(id="b", text="laufende Häuser")))
    calls = [lambda: english.save(MemoryEntry(text="relational databases")), lambda: english.delete("a")]
    for call in calls:
        with pytest.raises(StoreConflict, match=r"german.*english"):
            asyncio.run(call())
    assert [hit.entry.id for hit in asyncio.run(german.query(Query(text="Haus laufend")))] == ["b"]
    assert asyncio.run(german.delete("a")) is True


@pytest.mark.parametrize("version", [0, 1, 7])
def test_a_database_of_another_application_is_refused_and_left_as_it_is(tmp_path: Path, version: int) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TABLE customers(name)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    refused(tmp_path, StoreConflict, "another path")
    assert (tmp_path / FILE).read_bytes() == before


def test_a_newer_format_says_what_to_install(whole: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(copied(whole, tmp_path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused(tmp_path, StoreUnsupported, r"format 99.*pip install --upgrade axon-vector")


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", StoreUnavailable, "cannot open")
    refused(tmp_path / "file" / "below", StoreUnavailable, "cannot open")


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    refused(tmp_path, StoreUnavailable, "cannot open")


def test_directories_that_are_missing_are_made(tmp_path: Path) -> None:
    path = tmp_path / "Ä ö" / "日本 🦊" / "#%?&"
    asyncio.run(VectorAdapter(path).save(MemoryEntry(id="a", text="x")))
    assert (path / FILE).is_file()
    assert asyncio.run(VectorAdapter(path).count()) == 1


def test_a_flipped_byte_in_what_holds_the_file_together_is_an_error_or_does_not_matter(
    whole: Path, tmp_path: Path
) -> None:
    """Everything that comes out is typed. That contents are right, only a checksum could say: SQLite has none."""
    chance = random.Random(4)
    pristine = (whole / FILE).read_bytes()
    found = 0
    for turn in range(FLIPS):
        path = tmp_path / str(turn)
        path.mkdir()
        damaged = bytearray(pristine)
        page = chance.randrange(len(pristine) // 4096) * 4096
        for _ in range(chance.choice([1, 20])):
            # The first bytes of a page are its header and where its cells are, the last ones are the cells.
            damaged[page + chance.choice([chance.randrange(100), chance.randrange(4096)])] ^= 1 << chance.randrange(8)
        (path / FILE).write_bytes(damaged)
        for work in (answers, written, answers):
            try:
                asyncio.run(work(path))
            except (StoreDamaged, StoreCorrupt, StoreConflict, StoreUnsupported):
                found += 1
    assert found > FLIPS / 4


def test_a_flipped_byte_in_a_tree_of_pages_is_never_a_missing_entry(whole: Path, tmp_path: Path) -> None:
    """A page that points to another one wrongly is found, not read as an empty one."""
    expected = asyncio.run(answers(whole))
    pristine = (whole / FILE).read_bytes()
    for turn, page in enumerate(range(4096, len(pristine), 4096)):
        if pristine[page] != 5:  # an inner page of a table
            continue
        path = tmp_path / str(turn)
        path.mkdir()
        damaged = bytearray(pristine)
        damaged[page] = 13  # said to be a leaf
        (path / FILE).write_bytes(damaged)
        with suppress(StoreDamaged, StoreCorrupt):
            assert asyncio.run(answers(path)) == expected


FULL = """
import asyncio, json, resource, sys
from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.core.errors import StoreError
async def main(path, limit):
    limit = int(limit)
    adapter = VectorAdapter(path)
    await adapter.count()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    saved = 0
    try:
        while saved < 5000:
            await adapter.save(MemoryEntry(id=str(saved), text=f"word{saved} " + "x" * 3000, tags=["t"]))
            saved += 1
    except StoreError as error:
        print(json.dumps([saved, type(error).__name__, str(error)]))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await adapter.save(MemoryEntry(id=str(saved), text="there is room again"))
asyncio.run(main(*sys.argv[1:]))
"""


def exhausted(path: Path, limit: int) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", FULL, path, str(limit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    saved, error, message = json.loads(done.stdout)
    return saved, error, message


def acknowledged(path: Path, saved: int) -> None:
    adapter = VectorAdapter(path)
    assert asyncio.run(adapter.count()) == saved
    assert asyncio.run(adapter.count(Filter(tags=["t"]))) >= saved - 1
    assert all(asyncio.run(adapter.get_many([str(number) for number in range(saved)])))
    asyncio.run(adapter.close())


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit of this kind")
def test_a_limit_to_the_size_of_files_loses_nothing_and_passes(tmp_path: Path) -> None:
    saved, error, message = exhausted(tmp_path, 2_000_000)
    assert saved > 0
    assert error in {"StoreFull", "StoreUnavailable"}
    assert str(tmp_path / FILE) in message
    acknowledged(tmp_path, saved + 1)


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", tmp_path], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        saved, error, message = exhausted(tmp_path, 0)
        assert saved > 0
        assert error == StoreFull.__name__
        assert "make room" in message
        acknowledged(tmp_path, saved)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


FORBIDDEN = """
import asyncio, os, sys
from axon import MemoryEntry
import axon_vector.adapter, axon_vector.store
from axon.adapters.vector import VectorAdapter
from axon.core.errors import StoreUnavailable
if os.getuid() == 0:
    os.setuid(65534)
async def main():
    for call in (VectorAdapter(sys.argv[1]).count, lambda: VectorAdapter(sys.argv[1]).save(MemoryEntry(text="x"))):
        try:
            await call()
        except StoreUnavailable as error:
            print(error)
    print((await VectorAdapter(sys.argv[1]).health()).status)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no permissions of this kind")
@pytest.mark.parametrize("what", ["new", "directory", "file"])
def test_what_must_not_be_written_is_refused(whole: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "store"
    path.mkdir()
    for parent in [tmp_path, *(one for one in tmp_path.parents if one.name.startswith(("pytest-", "popen-")))]:
        parent.chmod(0o755)
    if what != "new":
        copied(whole, path).chmod(0o444)
    path.chmod(0o777 if what == "file" else 0o555)
    done = subprocess.run([sys.executable, "-c", FORBIDDEN, path], capture_output=True, text=True, check=False)
    path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    *messages, health = done.stdout.splitlines()
    # A file that may only be read is read, as long as SQLite may make the files that it needs beside it.
    assert len(messages) == (1 if what == "file" else 2)
    assert all(str(path / FILE) in message for message in messages)
    assert health == ("ok" if what == "file" else "down")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET text = 'the cot' WHERE id = 'b'",
        "UPDATE entry SET importance = 0.25 WHERE id = 'b'",
        "UPDATE entry SET expires = 1 << 60 WHERE id = 'b'",
        "UPDATE entry SET tags = '[\"other\"]' WHERE id = 'b'",
        "UPDATE vector SET embedding = zeroblob(12) WHERE position = 2",
        "UPDATE vector SET embedding = substr(embedding, 1, 4) WHERE position = 2",
    ],
)
def test_what_is_not_what_was_written_is_no_answer(tmp_path: Path, statement: str) -> None:
    adapter = VectorAdapter(tmp_path)
    for name in "abc":
        asyncio.run(adapter.save(MemoryEntry(id=name, text=f"the cat {name}", tags=["t"], embedding=[1, 0])))
    asyncio.run(adapter.close())
    with sqlite3.connect(tmp_path / "memory.sqlite3") as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()
    again = VectorAdapter(tmp_path)
    assert asyncio.run(again.get("a")) is not None
    with pytest.raises(StoreCorrupt, match=r"memory.sqlite3: .*not what was written"):
        asyncio.run(again.get("b"))
    with pytest.raises(StoreCorrupt, match=r"memory.sqlite3: .*not what was written"):
        asyncio.run(again.query(Query(vector=as_embedding([1, 0]))))
    asyncio.run(again.close())


def test_a_search_by_words_reads_no_vectors_but_those_of_its_answer(whole: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(copied(whole, tmp_path))
    with connection:
        connection.execute("UPDATE vector SET embedding = zeroblob(132) WHERE position = 7")
    connection.close()
    adapter = VectorAdapter(tmp_path)
    for filter in (None, Filter(tags=["t1"])):
        (hit,) = asyncio.run(adapter.query(Query(text="word11", filter=filter, limit=1)))
        assert hit.entry.id == "id 11"
    with pytest.raises(StoreCorrupt, match="id 6"):
        asyncio.run(adapter.query(Query(vector=as_embedding([1.0] * 32), filter=Filter(tags=["t1"]))))
    asyncio.run(adapter.close())


@pytest.mark.parametrize(
    ("statement", "call"),
    [
        ("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'entry'", lambda a: a.save(MemoryEntry(text="new"))),
        ("DELETE FROM words_1_docsize WHERE id = 7", lambda a: a.query(Query(text="common"))),
        ("DELETE FROM words_1_docsize WHERE id = 400", lambda a: a.query(Query(text="common"))),
        ("UPDATE words_1_docsize SET sz = x'' WHERE id = 7", lambda a: a.query(Query(text="common"))),
        ("UPDATE words_1_docsize SET sz = 'long' WHERE id = 7", lambda a: a.query(Query(text="common"))),
        ("UPDATE words_1_docsize SET sz = x'0102030405' WHERE id = 7", lambda a: a.query(Query(text="common"))),
    ],
    ids=["sequence", "no length", "no last length", "an empty length", "a length in letters", "a length too long"],
)
def test_tables_that_contradict_each_other_are_damage(whole: Path, tmp_path: Path, statement: str, call: Any) -> None:
    connection = sqlite3.connect(copied(whole, tmp_path))
    with connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()
    adapter = VectorAdapter(tmp_path)
    with pytest.raises(StoreDamaged, match=r"memory\.sqlite3.*`axon doctor`"):
        asyncio.run(call(adapter))
    asyncio.run(adapter.close())
