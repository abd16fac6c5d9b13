"""The word index of a namespace: FTS5 finds and ranks candidates, the core's BM25 scores them.

FTS5 gets the terms of :mod:`axon.ranking.analysis` and not the text, so that a query finds here what it finds on
every adapter; its own rank brings up the candidates, of which the best are scored as everywhere else.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from axon.ranking import bm25
from axon_vector.schema import create_words, words_table

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon_vector.conditions import Condition

_LARGE = 10_000
_COMMON = 4
"""A word is common from one text in so many on."""

ANALYSIS = 1
"""The version of the terms; grows when :mod:`axon.ranking.analysis` makes others of the same text."""


class WordIndex:
    """The full-text table of one namespace, inside the transactions of its caller."""

    def __init__(self, namespace: int, analyzer: Analyzer) -> None:
        self._namespace = namespace
        self._table = words_table(namespace)
        self._analyzer = analyzer

    def create(self, connection: sqlite3.Connection) -> None:
        """Make the table, empty."""
        create_words(connection, self._namespace)

    def add(self, connection: sqlite3.Connection, texts: Iterable[tuple[int, str]]) -> int:
        """Index texts by position; how many words they have."""
        return self._write(connection, f"INSERT INTO {self._table}(rowid, tokens) VALUES (?, ?)", texts)

    def remove(self, connection: sqlite3.Connection, texts: Iterable[tuple[int, str]]) -> int:
        """Take out texts that were added; how many words they had."""
        statement = f"INSERT INTO {self._table}({self._table}, rowid, tokens) VALUES ('delete', ?, ?)"
        return self._write(connection, statement, texts)

    def clear(self, connection: sqlite3.Connection) -> None:
        """Take out everything, also what is left of texts that were taken out before."""
        connection.execute(f"INSERT INTO {self._table}({self._table}) VALUES ('delete-all')")

    def _write(self, connection: sqlite3.Connection, statement: str, texts: Iterable[tuple[int, str]]) -> int:
        rows, words = [], 0
        for position, text in texts:
            terms = self._analyzer.terms(text)
            words += len(terms)
            rows.append((position, " ".join(map(_token, terms))))
        connection.executemany(statement, rows)
        return words

    def frequencies(self, connection: sqlite3.Connection, words: Iterable[str]) -> dict[str, int]:
        """How many texts hold each of ``words``."""
        tokens = {_token(word): word for word in words}
        marks = ", ".join("?" * len(tokens))
        rows = connection.execute(f"SELECT term, doc FROM {self._table}_terms WHERE term IN ({marks})", tuple(tokens))
        return dict.fromkeys(tokens.values(), 0) | {tokens[token]: count for token, count in rows}

    def candidates(
        self,
        connection: sqlite3.Connection,
        frequencies: Mapping[str, int],
        limit: int,
        *,
        enough: int,
        documents: int,
        admitted: Condition | None,
    ) -> list[int]:
        """The positions of the ``limit`` texts that fit best, by FTS5's rank, of those ``admitted``.

        Of a large index most would have to be read to rank by the words that every other text holds, for next to
        no weight: there they bring up nobody, as long as rarer words bring up the ``enough`` that are asked for.
        """
        known = {word: count for word, count in frequencies.items() if count}
        rare = {word: count for word, count in known.items() if count * _COMMON <= documents}
        large = documents > _LARGE and admitted is None
        telling = rare if large and sum(rare.values()) >= enough else known
        if not telling:
            return []
        query = " OR ".join(f'"{_token(word)}"' for word in telling)
        table = self._table
        sql = f"FROM {table} WHERE {table} MATCH ?"
        parameters: list[Any] = [query]
        if admitted is not None:
            sql += f" AND {table}.rowid IN (SELECT position FROM entry WHERE {admitted.sql})"
            parameters += admitted.parameters
        ranked = connection.execute(f"SELECT rowid, rank {sql} ORDER BY rank LIMIT ?", (*parameters, limit)).fetchall()
        if len(ranked) < enough and len(telling) < len(known):  # texts that hold several of the rare words
            return self.candidates(connection, known, limit, enough=0, documents=0, admitted=admitted)
        if len(ranked) < limit or ranked[-1][1] != ranked[-2][1]:
            return [position for position, _ in ranked]
        # The last ones are equal, and there may be more of them: then the newest come in.
        least = ranked[-1][1]
        equals = connection.execute(
            f"SELECT entry.position {sql.replace(table, f'{table} JOIN entry ON entry.position = {table}.rowid', 1)} "
            f"AND bm25({table}) = ? ORDER BY entry.created DESC, entry.id DESC LIMIT ?",
            (*parameters, least, limit),
        )
        return [position for position, rank in ranked if rank != least] + [position for (position,) in equals]

    def scores(
        self, texts: Iterable[tuple[int, str]], weights: Mapping[str, float], average_length: float
    ) -> dict[int, float]:
        """The BM25 score of each text that holds one of the words."""
        scores: dict[int, float] = {}
        for position, text in texts:
            terms = self._analyzer.terms(text)
            counts = Counter(terms)
            score = sum(
                weight * bm25.saturation(counts[word], len(terms), average_length)
                for word, weight in weights.items()
                if word in counts
            )
            if score:
                scores[position] = score
        return scores


def _token(term: str) -> str:
    # SQLite's tables of Unicode are older than Python's; in ASCII there is nothing to disagree about.
    return term if term.isascii() else f"~{term.encode().hex()}"
