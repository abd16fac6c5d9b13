"""What measures a leak does so in a process of its own, and measures what it says."""

from __future__ import annotations

import asyncio
import os
import sys
from types import SimpleNamespace

import pytest
from benchmarks import churn, soak, worker_process
from benchmarks.report import Report
from benchmarks.worker_process import MeasuringFailedError, measured_alone

from axon.adapters.memory import InMemoryAdapter


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module as a file of its own, which only a process that is started in its folder finds."""
    monkeypatch.setattr(worker_process, "_ROOT", tmp_path)
    monkeypatch.setitem(worker_process._QUIET, "PYTHONPATH", str(tmp_path))
    return tmp_path / "alone.py"


def told(main) -> tuple[dict[str, float], list[str]]:
    report = Report(tell=lambda _: None)
    main(report)
    return {figure.name: figure.middle for figure in report.figures}, report.notes


def forbid(monkeypatch, *modules) -> None:
    """Nothing is to be measured in this process."""
    for each in modules:
        monkeypatch.setattr(each, "measure", None)


def test_a_module_measures_in_another_process_of_the_same_python(module):
    module.write_text("import json, os, sys\nprint(json.dumps([os.getpid(), sys.executable, sys.argv[1:]]))")
    pid, python, words = measured_alone("alone", 7, "on Redis")
    assert pid != os.getpid()
    assert (python, words) == (sys.executable, ["7", "on Redis"])


def test_no_server_of_the_environment_reaches_it(module, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    module.write_text("import os\nprint(int('REDIS_URL' in os.environ))")
    assert measured_alone("alone") == 0


def test_where_it_fails_all_that_it_said_is_told(module):
    module.write_text("import sys\nprint('a warning', file=sys.stderr)\nraise ZeroDivisionError('of it')")
    with pytest.raises(
        MeasuringFailedError, match=r"(?s)'alone'.* exit status 1\.\na warning.*ZeroDivisionError: of it$"
    ):
        measured_alone("alone")


def test_where_it_does_not_end_what_it_said_is_told(module, monkeypatch):
    monkeypatch.setattr(worker_process, "_LONGEST_S", 1)
    module.write_text("import sys, threading\nprint('waiting', file=sys.stderr, flush=True)\nthreading.Event().wait()")
    with pytest.raises(MeasuringFailedError, match=r"'alone'.* timed out after 1 seconds\nwaiting$"):
        measured_alone("alone")


def test_churn_is_measured_elsewhere(monkeypatch):
    forbid(monkeypatch, churn)
    monkeypatch.setattr(churn, "COUNT", 5_000)
    monkeypatch.setattr(churn, "ROUNDS", 1)
    figures, notes = told(churn.main)
    name = "a million expired entries: {}more than after 20,000"
    assert figures.keys() == {name.format(""), name.format("blocks of objects, ")}
    assert notes[0].endswith(" 0 entries left")


def test_churn_counts_what_stays(monkeypatch):
    kept = []
    save = InMemoryAdapter.save

    async def leak(self, entry):
        kept.append(object())
        return await save(self, entry)

    monkeypatch.setattr(InMemoryAdapter, "save", leak)
    assert asyncio.run(churn.measure(5_000))["more_blocks"] > 4_900


def test_a_soak_tells_the_growth_of_each_process_and_of_the_server(monkeypatch):
    forbid(monkeypatch, soak)
    monkeypatch.setattr(soak, "SECONDS", 0.6)
    figures, notes = told(soak.full)
    assert [name for name in figures if "first quarter" in name] == [
        "on Redis: the process, more than after the first quarter",
        "on Redis: the server, more than after the first quarter",
        "in memory: the process, more than after the first quarter",
        "in the store: the process, more than after the first quarter",
    ]
    assert {value for name, value in figures.items() if "left" in name} == {0}
    assert len(notes) == 3


def test_growth_is_counted_from_the_end_of_the_first_quarter():
    assert soak.grown([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]) == 2048 - 4


def test_a_soak_watches_while_it_works(monkeypatch):
    calls, samples = 0, []

    async def work(*_):
        nonlocal calls
        calls += 1

    class Process:
        def memory_info(self):
            samples.append(calls)
            return SimpleNamespace(rss=calls * 2**20)

    monkeypatch.setattr(soak, "_something", work)
    monkeypatch.setattr(soak.psutil, "Process", Process)
    # The time is over once all samples are there, or when they come no more.
    monkeypatch.setattr(soak, "monotonic", lambda: float(len(samples) == soak._SAMPLES or calls > 5_000_000))
    sizes = asyncio.run(soak.measure("in memory", "", 0.1))["sizes"]["process"]
    assert sizes == sorted(set(sizes))
    assert len(sizes) == soak._SAMPLES
