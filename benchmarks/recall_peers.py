"""Those that a user would ask instead of Axon by words or by a tag, each in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.support.redis_servers.server import Server

from axon.spi import Query
from benchmarks.report import Report
from benchmarks.worker_process import ContenderFailedError, WorkerProcess

TAGGED = 20
"""Entries with one tag."""
WORDS, TAG = "three words", f"a tag of {TAGGED} entries"
PEERS = {
    WORDS: {"sqlite_fts5": "SQLite's FTS5", "axon_beta_memory": "axon-sdk 1.0.0b2"},
    TAG: {
        "langgraph_memory": "langgraph",
        "axon_beta_memory": "axon-sdk 1.0.0b2",
        "axon_beta_redis": "axon-sdk 1.0.0b2, on Redis",
    },
}
"""Who is asked by what; the others do not know it."""
NOTES = (
    (
        "From 10,000 entries on a word that over a quarter of them have brings up none from Axon's store, as long "
        "as rarer words bring up ten: it may find worse ones than Axon in memory, which ranks all."
    ),
    (
        "Axon on Redis ranks at most 5,000 entries that the three words bring up, of common words those saved last: it "
        "may find worse ones too."
    ),
    (
        "SQLite's FTS5 keeps the text alone, in a file, and is asked for any of the words. It ranks by BM25 as Axon "
        "does, but a word that is in over half of the texts counts for next to nothing."
    ),
    (
        "axon-sdk 1.0.0b2 is asked through its MemorySystem, and looks at every entry. In memory it counts how many of "
        "the words are in an entry, however common they are, and takes the oldest of equals; by a tag it finds "
        "nothing without words, and gets those of the tag. On Redis it heeds no words and gives the newest: there it "
        "is asked by a tag alone."
    ),
    "langgraph's store compares a field of every entry with the tag; without an embedder it heeds no words.",
)
_MOST = {"langgraph_memory": 100_000, "axon_beta_memory": 100_000, "axon_beta_redis": 10_000}
"""Entries among which one is asked at most: among more a question takes seconds."""
_WITHIN_S = 3.0
"""After so long in one round no further question is asked."""


class RecallPeers:
    """Their processes, once it is entered, filled with the ``count`` entries of a file."""

    def __init__(self, report: Report, entries: Path, count: int) -> None:
        self._report = report
        self._entries = entries
        self._count = count
        self._entrants: dict[str, str] = {}
        self._stack = ExitStack()
        self._workers: dict[str, WorkerProcess] = {}
        self._found: dict[tuple[str, str], list[list[str]]] = {}
        for contender, who in {name: who for some in PEERS.values() for name, who in some.items()}.items():
            if count > _MOST.get(contender, count):
                report.note(f"{who} was not asked among {count:,} entries: too slow")
                continue
            self._entrants[who] = contender

    def __enter__(self) -> Self:
        for who, contender in self._entrants.items():
            self._report.progress(f"{self._count:,} entries: {who}")
            try:
                self._workers[who] = self._filled(contender)
            except ContenderFailedError as error:
                self._report.note(f"{who} with {self._count:,} entries could not be measured: {error}")
            except BaseException:
                self._stack.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _filled(self, contender: str) -> WorkerProcess:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            # A server of its own: it scans all the keys that there are.
            port = stack.enter_context(Server()).port if "redis" in contender else None
            worker = stack.enter_context(WorkerProcess(f"recall.{contender}"))
            worker.ask("open", folder=folder, port=port)
            worker.ask("fill", path=str(self._entries))
            self._stack.enter_context(stack.pop_all())
        return worker

    def who(self, kind: str) -> list[str]:
        """Who is asked by ``kind``."""
        return [who for who in PEERS.get(kind, {}).values() if who in self._workers]

    def milliseconds(self, who: str, kind: str, queries: Sequence[Query]) -> float | None:
        """The median of a question; ``None`` where one fails, which a note tells, and is asked no more."""
        asked = {
            "by": "words" if kind == WORDS else "tag",
            "questions": [query.text or "".join(query.filter.tags if query.filter else ()) for query in queries],
            "count": queries[0].limit,
        }
        if who not in self._workers:
            return None
        try:
            answer = self._workers[who].ask("recall", **asked, within=_WITHIN_S)
        except ContenderFailedError as error:
            self._report.note(f"{who} among {self._count:,} entries failed: {error}")
            self._workers.pop(who).end()
            return None
        self._found[kind, who] = answer["found"]
        return float(answer["p50"]) * 1000

    def found(self, kind: str) -> dict[str, list[list[str]]]:
        """The texts that each found in the last round, of as many questions as there was time for."""
        return {who: texts for (what, who), texts in self._found.items() if what == kind}

    def tell(self, questions: int) -> None:
        """Note who had time for fewer than so many questions in a round."""
        for (kind, who), texts in self._found.items():
            if len(texts) < questions:
                told = f"{len(texts)} of the {questions} questions by {kind}"
                self._report.note(f"{who} among {self._count:,} entries had time for {told} in a round")
