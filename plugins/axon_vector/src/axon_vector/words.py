"""The word index of a namespace, written with each entry: FTS5 keeps it, the core's BM25 scores by it.

FTS5 gets the terms of :mod:`axon.ranking.analysis` and not the text, so that a query finds here what it finds on
every adapter. :mod:`axon_vector.postings` reads from it who has a word.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from axon.ranking import bm25
from axon_vector.schema import create_words, words_table

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer

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
            rows.append((position, " ".join(map(token, terms))))
        connection.executemany(statement, rows)
        return words

    def frequencies(self, connection: sqlite3.Connection, words: Iterable[str]) -> dict[str, int]:
        """How many texts hold each of ``words``."""
        tokens = {token(word): word for word in words}
        sql = f"SELECT term, doc FROM {self._table}_terms WHERE term IN (SELECT value FROM json_each(?))"
        rows = connection.execute(sql, (json.dumps(list(tokens)),))
        return dict.fromkeys(tokens.values(), 0) | {tokens[token]: count for token, count in rows}

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


def token(term: str) -> str:
    """What FTS5 gets for ``term``."""
    # SQLite's tables of Unicode are older than Python's; in ASCII there is nothing to disagree about.
    return term if term.isascii() else f"~{term.encode().hex()}"
