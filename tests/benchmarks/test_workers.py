"""Contenders in processes of their own: Axon's, since those of others are installed by `make bench` alone."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.worker_process import ContenderFailedError, WorkerProcess
from redis_servers.server import Server


@pytest.mark.parametrize("contender", ["axon_memory", "axon_memory_wordless", "axon_system_memory"])
def test_keyed_in_memory(contender):
    with WorkerProcess(f"keyed.{contender}") as worker:
        worker.ask("open", port=None)
        assert worker.ask("fill", count=50)["grown"] >= 0
        assert worker.ask("save", tasks=4, calls=20)["rate"] > 0
        told = worker.ask("get", tasks=4, calls=100)
        assert 0 < told["p50"] <= told["p99"]
        worker.ask("close")


@pytest.mark.parametrize("contender", ["axon_redis", "axon_redis_wordless", "axon_system_redis"])
def test_keyed_on_redis(contender):
    with Server() as server, WorkerProcess(f"keyed.{contender}") as worker:
        worker.ask("open", port=server.port)
        worker.ask("fill", count=50)
        assert worker.ask("get", tasks=4, calls=100)["rate"] > 0
        worker.ask("close")


@pytest.mark.parametrize("contender", ["axon_memory", "axon_vector", "axon_vector_int8"])
def test_nearest(contender, tmp_path):
    matrix = np.eye(24, dtype=np.float32)
    np.save(tmp_path / "matrix.npy", matrix)
    (tmp_path / "kept").mkdir()
    with WorkerProcess(f"nearest.{contender}") as worker:
        worker.ask("open", folder=str(tmp_path / "kept"), dimension=24)
        worker.ask("insert", path=str(tmp_path / "matrix.npy"), at_once=7)
        found = worker.ask("search", path=str(tmp_path / "matrix.npy"), count=2)["found"]
        assert [ids[0] for ids in found] == list(range(24))
        assert all(len(ids) == 2 for ids in found)
        assert worker.ask("search", path=str(tmp_path / "matrix.npy"), count=2, group=7)["found"] == [[7]] * 24
        worker.ask("close")


def test_a_job_that_fails_tells_why_and_the_worker_goes_on():
    with WorkerProcess("keyed.axon_memory") as worker:
        worker.ask("open", port=None)
        with pytest.raises(ContenderFailedError, match=r"keyed\.axon_memory: ZeroDivisionError"):
            worker.ask("get", tasks=1, calls=1)
        worker.ask("fill", count=5)
        assert worker.ask("get", tasks=1, calls=5)["rate"] > 0


def test_a_worker_that_cannot_begin_tells_why():
    with pytest.raises(ContenderFailedError, match=r"keyed\.axon_nobody: ended \(ModuleNotFoundError: .*axon_nobody"):
        WorkerProcess("keyed.axon_nobody")


def test_a_worker_that_does_not_answer_in_time_is_given_up():
    with WorkerProcess("keyed.axon_memory") as worker:
        worker.ask("open", port=None)
        with pytest.raises(ContenderFailedError, match=r"no answer in 0\.05 s"):
            worker.ask("fill", count=100_000, patience=0.05)
