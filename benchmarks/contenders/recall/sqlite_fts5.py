"""SQLite's FTS5 alone: a yardstick for words."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.recall_jobs import Row


class Contender:
    """One table of texts in a file, ranked by FTS5's own BM25; nothing is kept but the text, and nothing filtered."""

    async def open(self, folder: Path, port: int | None) -> None:
        self._connection = sqlite3.connect(folder / "words.db")
        self._connection.execute("CREATE VIRTUAL TABLE texts USING fts5(text)")

    async def save(self, rows: Sequence[Row]) -> None:
        with self._connection:
            self._connection.executemany("INSERT INTO texts VALUES (?)", [(row["text"],) for row in rows])

    async def by_words(self, words: str, count: int) -> Sequence[str]:
        # As Axon's recall does, it looks for any of the words; FTS5 left alone finds only what has all of them.
        either = " OR ".join(f'"{word}"' for word in words.split())
        ranked = "SELECT text FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return [text for (text,) in self._connection.execute(ranked, (either, count))]

    async def close(self) -> None:
        self._connection.close()
