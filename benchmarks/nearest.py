"""The ten nearest vectors, of 384 numbers each: Axon's stores and those that a user would take instead, in turns.

Among vectors by chance with 30 questions a round, and among embeddings of real text (MiniLM, paragraphs of the
docstrings of Python's standard library) with a hundred questions of the same kind and fifty of another one: an index
that gives some of the answers is told by how many it gives. No question is asked twice, and a filter is another one
each time. Each contender has a process of its own, and one thread for its arithmetic, also to build an index. Axon,
sqlite-vec, LanceDB and Chroma keep what they are given on the disk (Axon and sqlite-vec wait for it, the other two do
not, and Axon keeps a text and its words too); the rest keep it in memory. What a process takes is told after its first
searches: some read then what they search. With a filter, the table of recall@10 has those who miss some.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
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
_ASKED = 100, 50
"""Questions a round of the same kind, and of another one."""
_INSERTED_AGAIN = 10_000
"""Up to so many vectors are inserted three times, each time in a new process."""
_FIRST = 3
"""Searches until it is told what a process takes."""
_QUANTIZED = "axon_vector_int8"
_QUANTIZED_FROM = 20_000
"""Of fewer rows eight bits make nothing faster, and the store looks at all of them as they are."""
_EFFORTS = {"usearch": (128, 256, 512), "lancedb, its index": (256, 512)}
"""At how many candidates those are let look that find more if they look at more; by default it is about a hundred."""
_BY_DEFAULT = {"usearch": 64, "lancedb, its index": 10 * COUNT}
_NO_PEERS = {"Axon's store", "Axon's store, int8", "Axon in memory", "numpy"}
_NOISE = 1e-6
_WEIGHED = 10_000
"""Of fewer vectors the memory is that of all else, and a hundredth of them is too few to be searched."""
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
    report.versions = peers.versions()
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
        files = self.kept("matrix", matrix), self.kept("first", matrix[:_FIRST])
        times = 3 if self.rows <= _INSERTED_AGAIN else 1
        contenders = [each for each in CONTENDERS if self._takes_part(each)]
        for number in range(times):
            for contender in in_turn(contenders, number):
                who = CONTENDERS[contender]
                report.progress(f"{self.rows:,} vectors into {who}")
                worker = WorkerProcess(f"nearest.{contender}")
                try:
                    with worker if number < times - 1 else nullcontext():
                        if number == times - 1:
                            self._stack.enter_context(worker)
                            self.workers[who] = worker
                        self.inserted.setdefault(who, []).append(self._filled(worker, contender, *files))
                except ContenderFailedError as error:
                    report.note(f"{who} with {self.rows:,} vectors could not be measured: {error}")
                    self.workers.pop(who, None)
                    contenders = [each for each in contenders if each != contender]

    def _takes_part(self, contender: str) -> bool:
        if self.rows > _MOST.get(contender, self.rows):
            self.report.note(f"{CONTENDERS[contender]} was not asked among {self.rows:,} vectors: too slow")
            return False
        return contender != _QUANTIZED or self.rows >= _QUANTIZED_FROM

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _filled(self, worker: WorkerProcess, contender: str, file: str, first: str) -> dict[str, Any]:
        """How long it took to insert what is in ``file``, and what it takes after some searches."""
        folder = tempfile.mkdtemp(prefix=contender, dir=self.folder)
        worker.ask("open", folder=folder, dimension=DIMENSION)
        told = worker.ask("insert", path=file)
        worker.ask("search", path=first, count=COUNT)
        return told | worker.ask("grown")

    def kept(self, name: str, vectors: Any) -> str:
        """The path of a file of ``vectors``."""
        file = self.folder / f"{name}.npy"
        np.save(file, np.ascontiguousarray(vectors, dtype=np.float32))
        return str(file)

    def searched(self, questions: Questions) -> dict[str, list[dict[str, Any]]]:
        """What each answers, round by round; the first round is no round, but warms up.

        If the questions are each for a group, it is what those answer that can filter; a note tells who cannot.
        """
        answers: dict[str, list[dict[str, Any]]] = {who: [] for who in self.workers}
        for number in range(1 + ROUNDS):
            file, groups = self.kept("questions", questions.vectors[number]), questions.groups_of(number)
            for who in in_turn(list(answers), number):
                try:
                    answer = self.workers[who].ask("search", path=file, count=COUNT, groups=groups)
                except ContenderFailedError as error:
                    if groups is None:
                        raise
                    why = str(error).partition(": ")[2]
                    self.report.note(f"{who} was left out of the searches with a filter: {why}")
                    del answers[who]
                    continue
                if number:
                    answers[who].append(answer)
        return answers

    def searched_harder(
        self, who: str, efforts: Sequence[int], questions: Questions
    ) -> dict[str, list[dict[str, Any]]]:
        """What one answers that looks at so many candidates, by its name with their number; last, as few as before."""
        worker = self.workers[who]
        answers: dict[str, list[dict[str, Any]]] = {f"{who}, ef {effort}": [] for effort in efforts}
        for number in range(1 + ROUNDS):
            file = self.kept("questions", questions.vectors[number])
            for effort in in_turn(efforts, number):
                worker.ask("tune", effort=effort)
                answer = worker.ask("search", path=file, count=COUNT)
                if number:
                    answers[f"{who}, ef {effort}"].append(answer)
        worker.ask("tune", effort=_BY_DEFAULT[who])
        return answers


class Questions:
    """Questions for each round, the one that warms up too; ``grouped``: each is for a group of its own."""

    def __init__(self, vectors: Any, matrix: Any, *, grouped: bool = False) -> None:
        self.vectors = np.array_split(vectors, 1 + ROUNDS)
        self._matrix = matrix
        self._grouped = grouped

    def groups_of(self, number: int) -> list[int] | None:
        """The group of each question of a round."""
        vectors = self.vectors[number]
        return [(number * len(vectors) + each) % GROUPS for each in range(len(vectors))] if self._grouped else None

    def recalls(self, rounds: Sequence[dict[str, Any]]) -> list[float]:
        """The share of the truly nearest that was found in each round; of equally near ones any is right."""
        return [self._recall(number, answer["found"]) for number, answer in enumerate(rounds, start=1)]

    def _recall(self, number: int, found: Sequence[Sequence[int]]) -> float:
        groups = self.groups_of(number)
        hits = 0
        for place, (vector, some) in enumerate(zip(self.vectors[number], found, strict=True)):
            admitted = slice(None) if groups is None else slice(groups[place], None, GROUPS)
            cosines = self._matrix[admitted] @ vector
            least = np.partition(cosines, -COUNT)[-COUNT] - _NOISE
            hits += sum(self._matrix[each] @ vector >= least for each in set(some))
        return float(hits) / (COUNT * len(found))


def _random(report: Report, rows: int) -> None:
    random = np.random.default_rng(rows)
    matrix = _unit(random.standard_normal((rows, DIMENSION), np.float32))
    with Field(report, matrix) as field:
        questions = Questions(_unit(random.standard_normal((_QUERIES * (1 + ROUNDS), DIMENSION))), matrix)
        answers = field.searched(questions)
        for who, rounds in answers.items():
            _latency(report, "top 10 of random vectors", rounds, who, rows)
        for who, rounds in answers.items():
            recalls = questions.recalls(rounds)
            report.add(Figure("recall@10 of random vectors", recalls, unit="of 1", who=who, at=rows))
        if rows >= _WEIGHED:
            _filtered(report, field, matrix, random)
        for who, told in field.inserted.items():
            rates = [rows / each["seconds"] for each in told]
            report.add(Figure("vectors inserted, with any index built", rates, unit="a second", who=who, at=rows))
        for who, told in field.inserted.items() if rows >= _WEIGHED else ():
            grown = [each["grown"] / rows for each in told]
            name = "memory of the process, a vector (1,536 bytes are its numbers)"
            report.add(Figure(name, grown, unit="bytes", more_is_better=False, who=who, at=rows))


def _filtered(report: Report, field: Field, matrix: Any, random: np.random.Generator) -> None:
    """Questions in one group each: the milliseconds, and what is found where that is not all that is right."""
    name = f"random vectors, a filter that admits {100 // GROUPS} %"
    questions = Questions(_unit(random.standard_normal((_QUERIES * (1 + ROUNDS), DIMENSION))), matrix, grouped=True)
    answers = field.searched(questions)
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
        recalls = questions.recalls(rounds)
        if min(recalls) < 1:
            report.add(Figure(f"recall@10 of {name}", recalls, unit="of 1", who=who, at=len(matrix)))


def _real(report: Report, texts: list[str]) -> None:
    report.progress("embedding the docstrings of the standard library, once in this folder")
    same, other = (each * (1 + ROUNDS) for each in _ASKED)
    asked = texts[:: len(texts) // same][:same]
    stored = real_vectors.embedded([text for text in texts if text not in set(asked)])
    kinds = {
        "questions of the same kind": real_vectors.embedded(asked),
        "questions of another kind": real_vectors.embedded(real_vectors.questions()[:other]),
    }
    with Field(report, stored) as field:
        for kind, vectors in kinds.items():
            questions = Questions(vectors, stored)
            answers = field.searched(questions)
            for who, efforts in _EFFORTS.items():
                if who in field.workers:
                    answers |= field.searched_harder(who, efforts, questions)
            for who, rounds in answers.items():
                _latency(report, f"top 10 of real text, {kind}", rounds, who, len(stored))
                recalls = questions.recalls(rounds)
                name = f"recall@10 of real text, {kind}"
                report.add(Figure(name, recalls, unit="of 1", who=who, at=len(stored)))
                if who == CONTENDERS[_QUANTIZED]:
                    report.barred(f"int8, {name}", recalls, bar=0.999, at_least=True, unit="of 1")


def _latency(report: Report, name: str, rounds: Sequence[dict[str, Any]], who: str, rows: int) -> None:
    times = [answer["p50"] * 1000 for answer in rounds]
    report.add(Figure(name, times, unit="ms", more_is_better=False, who=who, at=rows))


def _unit(matrix: Any) -> Any:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
