"""Who is measured by so many tasks has as many connections before it counts, and a store of nobody else's."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from benchmarks import throughput
from benchmarks.report import Report
from benchmarks.worker_process import ContenderFailedError


class Worker:
    """A worker that does everything at one rate; ``broken`` is one that cannot begin."""

    made: list[Worker]

    def __init__(self, contender: str) -> None:
        self.contender, self.pid, self.asked = contender, 1, []
        self.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, job: str, **arguments):
        if self.contender == "keyed.broken":
            raise ContenderFailedError("broken")
        self.asked.append((job, arguments))
        return {"rate": 10.0}

    def calls(self, verb: str) -> list[int]:
        return [arguments["calls"] for job, arguments in self.asked if job == verb]

    def tasks(self) -> set[int]:
        return {arguments["tasks"] for job, arguments in self.asked if job in ("get", "save")}


@pytest.fixture
def report(monkeypatch):
    monkeypatch.setattr(Worker, "made", [], raising=False)
    monkeypatch.setattr(throughput, "WorkerProcess", Worker)
    monkeypatch.setattr(throughput, "one_core", lambda *_: nullcontext())
    monkeypatch.setattr(throughput, "apart", lambda *_: nullcontext())
    report = Report(tell=lambda _: None)
    throughput._measure(report, "in memory", {"one": "One", "broken": "Broken", "two": "Two"}, nullcontext)
    return report


def test_the_round_that_is_not_counted_has_twice_as_many_calls_as_tasks(report):
    for worker in Worker.made:
        for verb in ("get", "save"):
            calls = worker.calls(verb)
            assert all(calls[0] >= 2 * tasks for tasks in worker.tasks())
            assert len(calls) in (0, 1 + throughput.ROUNDS)


def test_each_number_of_tasks_has_a_store_of_its_own(report):
    of = [(worker.contender, *worker.tasks()) for worker in Worker.made if worker.contender != "keyed.broken"]
    assert of == [(f"keyed.{name}", tasks) for tasks in throughput.TASKS for name in ("one", "two")]
    assert all(worker.asked[1] == ("fill", {"count": throughput.FILLED}) for worker in Worker.made if worker.asked)


def test_who_cannot_begin_is_told_once_and_all_others_are_measured(report):
    assert report.notes == ["Broken in memory could not be measured: broken"]
    measured = [(figure.name, figure.at, figure.who) for figure in report.figures]
    verbs = ("get in memory", "save in memory")
    assert measured == [(verb, tasks, who) for tasks in throughput.TASKS for verb in verbs for who in ("One", "Two")]
