"""Looking the file over: what is damaged, what does not fit together, what costs more than it should."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from axon.core.errors import StoreCorrupt, StoreError
from axon.spi import Finding
from axon_vector.database import FILE, explained
from axon_vector.readonly import reading_only
from axon_vector.rows import COLUMNS, FROM, entry_of
from axon_vector.schema import APPLICATION, FORMAT, words_table
from axon_vector.words import ANALYSIS

if TYPE_CHECKING:
    from axon.spi import Severity
    from axon_vector.options import VectorOptions

_MB = 2**20
_LONG_LOG = 64 * _MB
_MUCH_UNUSED = 10 * _MB
_LITTLE_ROOM = 100 * _MB
_NAMED = 10

_RESTORE = "stop what uses it, and put a copy made by `axon backup` in its place"
_REWRITE = "axon export entries.jsonl, move the file away, axon import entries.jsonl"

# What must not be there, with how to count it in namespace ?1.
_ORPHANS = {
    "tags without an entry": "SELECT count(*) FROM tag LEFT JOIN entry USING(position) "
    "WHERE tag.namespace = ?1 AND entry.position IS NULL",
    "entries without all of their tags": "SELECT count(*) FROM entry WHERE namespace = ?1 AND tags <> '[]' AND EXISTS("
    "SELECT 1 FROM json_each(entry.tags) AS named LEFT JOIN tag ON tag.namespace = ?1 AND tag.tag = named.value "
    "AND tag.position = entry.position WHERE tag.position IS NULL)",
    "vectors without an entry": "SELECT count(*) FROM vector LEFT JOIN entry USING(position) "
    "WHERE vector.namespace = ?1 AND entry.position IS NULL",
    "vectors of another length than the others": "SELECT count(*) FROM vector, namespace "
    "WHERE vector.namespace = ?1 AND number = ?1 AND length(embedding) IS NOT 4 * dimension + 4",
    "words without an entry": "SELECT count(*) FROM {words}_docsize AS word LEFT JOIN entry "
    "ON entry.position = word.id AND entry.namespace = ?1 WHERE entry.position IS NULL",
    "entries without words": "SELECT count(*) FROM entry LEFT JOIN {words}_docsize AS word ON word.id = entry.position "
    "WHERE entry.namespace = ?1 AND word.id IS NULL",
}


def examine(directory: Path, options: VectorOptions) -> list[Finding]:
    """What there is to say about the file in ``directory`` and the namespace of ``options``; nothing is written."""
    file = directory / FILE
    findings = [_sqlite()]
    if not file.is_file():
        return [*findings, _finding("info", "file", f"there is no {file} yet: the first call makes it")]
    try:
        with explained("examine", file, busy_timeout=options.busy_timeout):
            findings += _of_disk(file)
            with reading_only(file) as connection:
                findings += _Examination(connection, file, options).findings()
    except StoreError as error:
        findings.append(_finding("error", "file", str(error), _RESTORE))
    return findings


class _Examination:
    """One state of the file."""

    def __init__(self, connection: sqlite3.Connection, file: Path, options: VectorOptions) -> None:
        self._connection = connection
        self._file = file
        self._options = options

    def findings(self) -> Iterator[Finding]:
        if (problem := self._format()) is not None:
            yield problem
            return
        yield from self._pages()
        damage = self._damage()
        if damage:
            yield _finding("error", "integrity", f"{self._file} is damaged: {'; '.join(damage)}", _RESTORE)
            return
        yield _finding("ok", "integrity", "every page and index is sound")
        row = self._connection.execute(
            "SELECT number, analyzer, embedder, target, dimension, entries FROM namespace WHERE name = ?",
            (self._options.namespace,),
        ).fetchone()
        if row is None:
            yield _finding("info", "entries", f"nothing was stored yet in {self._options.namespace!r}")
            return
        number, analyzer, embedder, target, dimension, entries = row
        if analyzer != f"{self._options.language}:{ANALYSIS}":
            sentence = f"the words were made by {analyzer or 'nothing'}; opening the file makes them anew"
            yield _finding("info", "words", sentence)
        yield from self._contents(number, entries)
        yield from self._vectors(number, embedder, dimension)
        waiting = self._count("SELECT count(*) FROM pending WHERE namespace = ?1", number)
        if target is None and waiting:
            sentence = f"{waiting:,} vectors that `axon reindex` has replaced take space: it was ended too early"
            yield _finding("warning", "reindex", sentence, "axon reindex")
        if target is not None:
            sentence = f"{waiting:,} of {entries:,} entries are embedded anew with {target}; the old vectors answer"
            yield _finding("warning", "reindex", sentence, "axon reindex, with that embedder configured, goes on")

    def _format(self) -> Finding | None:
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application != APPLICATION:
            fix = "give another path in the configuration"
            return _finding("error", "format", f"{self._file} is no file of axon-vector", fix)
        if version > FORMAT:
            sentence = f"{self._file} has format {version}, and this axon-vector reads up to {FORMAT}"
            return _finding("error", "format", sentence, "pip install --upgrade axon-vector")
        if version < FORMAT:
            sentence = f"the file has format {version}; the next call that opens it makes format {FORMAT} of it"
            return _finding("info", "format", sentence, "axon backup, if an older axon-vector is to read it again")
        return None

    def _pages(self) -> Iterator[Finding]:
        size = self._pragma("page_size")
        whole, unused = self._pragma("page_count") * size, self._pragma("freelist_count") * size
        sentence = f"{_mb(unused)} of {_mb(whole)} in the file are unused"
        if unused > max(_MUCH_UNUSED, whole // 4):
            yield _finding("warning", "space", f"{sentence}; later writes fill them", "axon compact")
        else:
            yield _finding("ok", "space", sentence)

    def _damage(self) -> list[str]:
        try:
            rows = self._connection.execute("PRAGMA integrity_check(5)")
            problems = [" ".join(str(problem).split()) for (problem,) in rows if problem != "ok"]
            if not problems:
                # The integrity check of older SQLites leaves out the word indexes: this reads all of their pages.
                for (number,) in self._connection.execute("SELECT number FROM namespace").fetchall():
                    self._connection.execute(f"SELECT sum(cnt) FROM {words_table(number)}_terms").fetchone()
        except sqlite3.DatabaseError as error:
            if not error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
                raise
            problems = [str(error)]
        return problems

    def _contents(self, number: int, entries: int) -> Iterator[Finding]:
        found = self._count("SELECT count(*) FROM entry WHERE namespace = ?1", number)
        problems = [] if found == entries else [f"{found:,} entries where {entries:,} were counted"]
        for what, sql in _ORPHANS.items():
            if count := self._count(sql.format(words=words_table(number)), number):
                problems.append(f"{count:,} {what}")
        yield from self._checksums(number)
        if problems:
            yield _finding("error", "entries", f"the tables do not fit together: {', '.join(problems)}", _REWRITE)
        else:
            yield _finding("ok", "entries", f"{found:,} entries, and tags, words and vectors fit to them")

    def _checksums(self, number: int) -> Iterator[Finding]:
        """Read every entry with its vector, and say which are not what was written."""
        changed: list[str] = []
        for row in self._connection.execute(f"SELECT {COLUMNS} FROM {FROM} WHERE entry.namespace = ?", (number,)):
            try:
                entry_of(row)
            except StoreCorrupt as error:
                changed.append(repr(error.entry_id))
        if changed:
            named = ", ".join(changed[:_NAMED]) + (" and more" if len(changed) > _NAMED else "")
            sentence = f"{len(changed):,} entries are not what was written: {named}"
            yield _finding("error", "checksums", sentence, "save them again or forget them, or restore a backup")
        else:
            yield _finding("ok", "checksums", "every entry and every vector is what was written")

    def _vectors(self, number: int, embedder: str | None, dimension: int | None) -> Iterator[Finding]:
        configured = self._options.embedder
        without = self._count(
            "SELECT count(*) FROM entry WHERE namespace = ?1 "
            "AND NOT EXISTS(SELECT 1 FROM vector WHERE vector.position = entry.position)",
            number,
        )
        made = f"the vectors have {dimension} dimensions and were made by {embedder or 'whoever handed them in'}"
        if configured is not None and embedder is not None and configured != embedder:
            yield _finding(
                "error",
                "embedder",
                f"{made}, and {configured} is configured: their vectors cannot be compared",
                f"axon reindex, or configure {embedder} again",
            )
        elif configured is not None and without:
            sentence = f"{without:,} entries have no vector and are found by words alone"
            yield _finding("warning", "embedder", sentence, "axon reindex")
        elif dimension is not None:
            yield _finding("ok", "embedder", made)
        else:
            yield _finding("info", "embedder", "there are no vectors: recall is by words")

    def _count(self, sql: str, number: int) -> int:
        (count,) = self._connection.execute(sql, (number,)).fetchone()
        return int(count)

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)


def _sqlite() -> Finding:
    return _finding("info", "SQLite", f"version {sqlite3.sqlite_version}")


def _of_disk(file: Path) -> Iterator[Finding]:
    log = file.with_name(f"{file.name}-wal")
    size, logged = file.stat().st_size, log.stat().st_size if log.exists() else 0
    yield _finding("ok", "file", f"{file}: {_mb(size)}, and {_mb(logged)} in its log")
    if logged > max(_LONG_LOG, size):
        sentence = f"the log is long ({_mb(logged)}): a process has been reading one state of the file for long"
        yield _finding("warning", "log", sentence, "end that process; the log is written back when all have closed")
    free = shutil.disk_usage(file.parent).free
    sentence = f"{_mb(free)} are free on the disk"
    if free < max(_LITTLE_ROOM, size // 4):
        yield _finding("warning", "disk", f"only {sentence}", "make room: a full disk refuses writes, and loses none")
    else:
        yield _finding("ok", "disk", sentence)


def _finding(severity: Severity, subject: str, sentence: str, fix: str | None = None) -> Finding:
    return Finding(severity=severity, subject=subject, sentence=sentence, fix=fix)


def _mb(size: int) -> str:
    return f"{size / _MB:,.1f} MB"
