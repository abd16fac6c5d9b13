"""Processes run where they did before, and none is left, however a measurement ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from benchmarks.cores import apart, awake, one_core

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system knows no affinity")


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def failing(placed) -> None:
    with pytest.raises(ZeroDivisionError), placed:
        raise ZeroDivisionError


def test_on_one_core_and_back_after_an_error(sleeper):
    before = os.sched_getaffinity(0)
    with one_core(sleeper):
        assert os.sched_getaffinity(0) == os.sched_getaffinity(sleeper) == {max(before)}
    failing(one_core(sleeper))
    assert os.sched_getaffinity(0) == os.sched_getaffinity(sleeper) == before


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core is not apart from another")
def test_apart_and_back_after_an_error(sleeper):
    before = os.sched_getaffinity(0)
    with apart([sleeper]):
        assert not os.sched_getaffinity(0) & os.sched_getaffinity(sleeper)
    failing(apart([sleeper]))
    assert os.sched_getaffinity(0) == os.sched_getaffinity(sleeper) == before


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="the system has no such scheduler")
def test_what_keeps_cores_awake_hears_no_ctrl_c_and_ends(monkeypatch):
    started = []
    popen = subprocess.Popen

    def start(*words, **named):
        started.append(popen(*words, **named))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with awake():
        assert len(started) == os.cpu_count()
        assert all(os.getpgid(each.pid) != os.getpgid(0) for each in started)
    failing(awake())
    assert len(started) == 2 * os.cpu_count()
    assert {each.poll() for each in started} == {-signal.SIGKILL}
