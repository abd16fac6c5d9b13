"""The ten nearest vectors, of 384 numbers each: Axon's stores and those that a user would take instead, in turns.

Among vectors by chance with 30 questions, and among embeddings of real text (MiniLM, paragraphs of the docstrings of
Python's standard library) with a hundred questions of the same kind and a hundred of another one: an index that gives
some of the answers is told by how many it gives. Each contender has a process of its own, and one thread for its
arithmetic, also to build an index. Axon, sqlite-vec, LanceDB and Chroma keep what they are given on the disk (Axon
waits for it, and keeps a text and its words too); the others keep it in memory.
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
from benchmarks.rounds import in_turn
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
_INSERTED_AGAIN = 10_000
"""Up to so many vectors are inserted three times, each time in a new process."""
_QUANTIZED = "axon_vector_int8"
_QUANTIZED_FROM = 20_000
"""Of fewer rows eight bits make nothing faster, and the store looks at all of them as they are."""
_EFFORTS = {"usearch": (128, 256, 512), "lancedb, its index": (256, 512)}
"""At how many candidates those are let look that find more if they look at more; by default it is about a hundred."""
_BY_DEFAULT = {"usearch": 64, "lancedb, its index": 10 * COUNT}
_NO_PEERS = {"Axon's store", "Axon's store, int8", "Axon in memory", "numpy"}
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
        self.inserted: dict[str, list[dict[str, Any]]] = {}
        file = self.kept("matrix", matrix)
        for contender, who in CONTENDERS.items():
            if contender == _QUANTIZED and self.rows < _QUANTIZED_FROM:
                continue
            if self.rows > _MOST.get(contender, self.rows):
                report.note(f"{who} was not asked among {self.rows:,} vectors: too slow")
                continue
            report.progress(f"{self.rows:,} vectors into {who}")
            try:
                worker = self._stack.enter_context(WorkerProcess(f"nearest.{contender}"))
                self.inserted[who] = [self._filled(worker, contender, file)]
                for _ in range(2 if self.rows <= _INSERTED_AGAIN else 0):
                    with WorkerProcess(f"nearest.{contender}") as another:
                        self.inserted[who].append(self._filled(another, contender, file))
            except ContenderFailedError as error:
                report.note(f"{who} with {self.rows:,} vectors could not be measured: {error}")
            else:
                self.workers[who] = worker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _filled(self, worker: WorkerProcess, contender: str, file: str) -> dict[str, Any]:
        folder = tempfile.mkdtemp(prefix=contender, dir=self.folder)
        worker.ask("open", folder=folder, dimension=DIMENSION)
        return worker.ask("insert", path=file)

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
            for who in in_turn(list(answers), number):
                try:
                    answer = self.workers[who].ask("search", path=file, count=COUNT, group=group)
                except ContenderFailedError as error:
                    if group is None:
                        raise
                    why = str(error).partition(": ")[2]
                    self.report.note(f"{who} was left out of the searches with a filter: {why}")
                    del answers[who]
                    continue
                if number:
                    answers[who].append(answer)
        return answers

    def searched_harder(self, who: str, efforts: Sequence[int], name: str) -> dict[str, list[dict[str, Any]]]:
        """What one answers that looks at so many candidates, by its name with their number; last, as few as before."""
        worker, file = self.workers[who], str(self.folder / f"{name}.npy")
        answers = {}
        for effort in efforts:
            worker.ask("tune", effort=effort)
            rounds = [worker.ask("search", path=file, count=COUNT) for _ in range(1 + ROUNDS)]
            answers[f"{who}, ef {effort}"] = rounds[1:]
        worker.ask("tune", effort=_BY_DEFAULT[who])
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
        for who, rounds in field.inserted.items():
            rates = [rows / told["seconds"] for told in rounds]
            report.add(Figure("vectors inserted, with any index built", rates, unit="a second", who=who, at=rows))
        for who, rounds in field.inserted.items() if rows >= _WEIGHED else ():
            grown = [told["grown"] / rows for told in rounds]
            name = "memory of the process, a vector (1,536 bytes are its numbers)"
            report.add(Figure(name, grown, unit="bytes", more_is_better=False, who=who, at=rows))


def _filtered(report: Report, field: Field, matrix: Any, queries: Any) -> None:
    """The same queries in one group: the milliseconds, and what is found where that is not all that is right."""
    name = f"random vectors, a filter that admits {100 // GROUPS} %"
    admitted = np.arange(_GROUP, len(matrix), GROUPS)
    best = admitted[np.argsort(-(queries @ matrix[admitted].T), axis=1)[:, :COUNT]]
    answers = field.searched("filtered", queries, _GROUP)
    fastest = [min(answers[who][number]["p50"] for who in answers if who not in _NO_PEERS) for number in range(ROUNDS)]
    ours = [each["p50"] for each in answers[CONTENDERS["axon_vector"]]]
    report.barred(
        f"Axon's store, top 10 of {len(matrix):,} {name}: times the fastest peer",
        [one / other for one, other in zip(ours, fastest, strict=True)],
        bar=1,
        at_least=False,
        than="the fastest peer but numpy",
    )
    for who, rounds in answers.items():
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
            answers = field.searched(kind.replace(" ", "-"), queries)
            for who, efforts in _EFFORTS.items():
                if who in field.workers:
                    answers |= field.searched_harder(who, efforts, kind.replace(" ", "-"))
            for who, rounds in answers.items():
                _latency(report, f"top 10 of real text, {kind}", rounds, who, len(stored))
                recall = _recall(rounds[-1]["found"], best)
                name = f"recall@10 of real text, {kind}"
                report.add(Figure(name, [recall], unit="of 1", who=who, at=len(stored)))
                if who == CONTENDERS[_QUANTIZED]:
                    report.barred(f"int8, {name}", [recall], bar=0.999, at_least=True, unit="of 1")


def _latency(report: Report, name: str, rounds: Sequence[dict[str, Any]], who: str, rows: int) -> None:
    times = [answer["p50"] * 1000 for answer in rounds]
    report.add(Figure(name, times, unit="ms", more_is_better=False, who=who, at=rows))


def _recall(found: Sequence[Sequence[int]], best: Any) -> float:
    """The share of the truly best that was found; of equally good ones any is right."""
    hits = [len(set(some) & set(right.tolist())) for some, right in zip(found, best, strict=True)]
    return sum(hits) / (COUNT * len(hits))


def _unit(matrix: Any) -> Any:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
