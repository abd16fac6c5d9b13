"""The ten nearest of 384 numbers each: Axon's stores and those that a user would take instead, in turns.

On random vectors, and on embeddings of real text (paragraphs of docstrings) with questions of the same kind and of
another one: an index that gives some of the answers is told by how many it gives.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from benchmarks import peers, real_vectors
from benchmarks.contenders.contract import GROUPS
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.worker_process import ContenderFailedError, WorkerProcess

CONTENDERS = {
    "axon_vector": "Axon's store",
    "axon_vector_int8": "Axon's store, int8",
    "axon_memory": "Axon in memory",
    "numpy_product": "numpy",
    "faiss_flat": "faiss flat",
    "sqlite_vec": "sqlite-vec",
    "lancedb_flat": "lancedb, no index",
    "lancedb_index": "lancedb, its index",
    "chroma": "chroma",
    "usearch_hnsw": "usearch",
    "usearch_exact": "usearch, exact",
    "langgraph_memory": "langgraph",
}
DIMENSION = 384
ROUNDS = 5
COUNT = 10
_QUERIES = 30
_ASKED = 100
_WEIGHED = 10_000
"""Of fewer vectors the memory is that of all else, and a hundredth of them is too few to be searched."""
_GROUP = 7
_MOST = {"langgraph_memory": 10_000}
"""Rows that a contender is asked at most, where each question over more would take seconds."""


def main(report: Report) -> None:
    """Report the milliseconds over 1,000 and 10,000 random vectors, and what is found among real ones."""
    report.versions = peers.versions()
    for rows in (1_000, 10_000):
        _random(report, rows)
    _real(report, real_vectors.paragraphs())


def full(report: Report) -> None:
    """The same over 100,000 random vectors, and over as many real ones as make Axon's eight-bit pass pay."""
    _random(report, 100_000)
    _real(report, [*real_vectors.paragraphs(), *real_vectors.sentences()])


class Field:
    """Contenders that hold the same vectors, each in its process."""

    def __init__(self, report: Report, matrix: Any) -> None:
        self.report = report
        self.rows = len(matrix)
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.workers: dict[str, WorkerProcess] = {}
        self.inserted: dict[str, dict[str, Any]] = {}
        file = self.kept("matrix", matrix)
        for contender, who in CONTENDERS.items():
            if self.rows > _MOST.get(contender, self.rows):
                report.note(f"{who} was not asked among {self.rows:,} vectors: too slow")
                continue
            report.progress(f"{self.rows:,} vectors into {who}")
            try:
                worker = self._stack.enter_context(WorkerProcess(f"nearest.{contender}"))
                (self.folder / contender).mkdir()
                worker.ask("open", folder=str(self.folder / contender), dimension=matrix.shape[1])
                self.inserted[who] = worker.ask("insert", path=file)
            except ContenderFailedError as error:
                report.note(f"{who} with {self.rows:,} vectors could not be measured: {error}")
            else:
                self.workers[who] = worker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kept(self, name: str, vectors: Any) -> str:
        """The path of a file of ``vectors``."""
        file = self.folder / f"{name}.npy"
        np.save(file, np.ascontiguousarray(vectors, dtype=np.float32))
        return str(file)

    def searched(self, name: str, queries: Any, group: int | None = None) -> dict[str, list[dict[str, Any]]]:
        """What each answers, once a round; the first round is no round, but warms up.

        With a ``group`` it is what those answer that can filter; a note tells who is not among them.
        """
        file = self.kept(name, queries)
        answers: dict[str, list[dict[str, Any]]] = {who: [] for who in self.workers}
        for number in range(1 + ROUNDS):
            for who in list(answers):
                try:
                    answer = self.workers[who].ask("search", path=file, count=COUNT, group=group)
                except ContenderFailedError as error:
                    if group is None:
                        raise
                    self.report.note(f"{who} was left out of the searches with a filter: {error}")
                    del answers[who]
                    continue
                if number:
                    answers[who].append(answer)
        return answers


def _random(report: Report, rows: int) -> None:
    random = np.random.default_rng(rows)
    matrix = _unit(random.standard_normal((rows, DIMENSION), np.float32))
    with Field(report, matrix) as field:
        queries = _unit(random.standard_normal((_QUERIES, DIMENSION)))
        answers = field.searched("random", queries)
        for who, rounds in answers.items():
            _latency(report, "top 10 of random vectors", rounds, who, rows)
        best = np.argsort(-(queries @ matrix.T), axis=1)[:, :COUNT]
        for who, rounds in answers.items():
            recall = _recall(rounds[-1]["found"], best)
            report.add(Figure("recall@10 of random vectors", [recall], unit="of 1", who=who, at=rows))
        if rows >= _WEIGHED:
            _filtered(report, field, matrix, queries)
        for who, told in field.inserted.items():
            rate = rows / told["seconds"]
            report.add(Figure("vectors inserted, with any index built", [rate], unit="a second", who=who, at=rows))
        for who, told in field.inserted.items() if rows >= _WEIGHED else ():
            grown = told["grown"] / rows
            name = "memory of the process, a vector (1,536 bytes are its numbers)"
            report.add(Figure(name, [grown], unit="bytes", more_is_better=False, who=who, at=rows))


def _filtered(report: Report, field: Field, matrix: Any, queries: Any) -> None:
    """The same queries in one group: the milliseconds, and what is found where that is not all that is right."""
    name = f"random vectors, a filter that admits {100 // GROUPS} %"
    admitted = np.arange(_GROUP, len(matrix), GROUPS)
    best = admitted[np.argsort(-(queries @ matrix[admitted].T), axis=1)[:, :COUNT]]
    for who, rounds in field.searched("filtered", queries, _GROUP).items():
        _latency(report, f"top 10 of {name}", rounds, who, len(matrix))
        recall = _recall(rounds[-1]["found"], best)
        if recall < 1:
            report.add(Figure(f"recall@10 of {name}", [recall], unit="of 1", who=who, at=len(matrix)))


def _real(report: Report, texts: list[str]) -> None:
    report.progress("embedding the docstrings of the standard library, once in this folder")
    asked = texts[:: len(texts) // _ASKED][:_ASKED]
    stored = real_vectors.embedded([text for text in texts if text not in set(asked)])
    kinds = {
        "questions of the same kind": real_vectors.embedded(asked),
        "questions of another kind": real_vectors.embedded(real_vectors.questions()[:_ASKED]),
    }
    with Field(report, stored) as field:
        for kind, queries in kinds.items():
            best = np.argsort(-(queries @ stored.T), axis=1)[:, :COUNT]
            for who, rounds in field.searched(kind.replace(" ", "-"), queries).items():
                _latency(report, f"top 10 of real text, {kind}", rounds, who, len(stored))
                recall = _recall(rounds[-1]["found"], best)
                report.add(Figure(f"recall@10 of real text, {kind}", [recall], unit="of 1", who=who, at=len(stored)))


def _latency(report: Report, name: str, rounds: Sequence[dict[str, Any]], who: str, rows: int) -> None:
    times = [answer["p50"] * 1000 for answer in rounds]
    report.add(Figure(name, times, unit="ms", more_is_better=False, who=who, at=rows))


def _recall(found: Sequence[Sequence[int]], best: Any) -> float:
    """The share of the truly best that was found; of equally good ones any is right."""
    hits = [len(set(some) & set(right.tolist())) for some, right in zip(found, best, strict=True)]
    return sum(hits) / (COUNT * len(hits))


def _unit(matrix: Any) -> Any:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
