"""Contenders in processes of their own, each of which does what the contract says."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from benchmarks import peers
from benchmarks.contenders import keyed, nearest
from benchmarks.contenders.contract import GROUPS
from benchmarks.worker_process import ContenderFailedError, WorkerProcess
from redis_servers.server import Server

COUNT = 208
GROUP = 7
WITHOUT_FILTER = {"usearch_exact", "usearch_hnsw"}


def contenders(kind: str) -> list[str]:
    """Their names: of this kind, ours first."""
    files = Path(keyed.__file__ if kind == "keyed" else nearest.__file__).parent.glob("[a-z]*.py")
    return sorted((file.stem for file in files), key=lambda name: (not peers.is_ours(name), name))


@contextmanager
def worker_of(contender: str):
    """A worker; that of another project only where it is installed, since 1.2 GB are nothing for a test to install."""
    if not peers.is_ours(contender):
        if not peers.are_there():
            pytest.skip("those beside Axon are installed by `make bench` alone")
        if peers.missing():
            pytest.skip("; ".join(peers.missing()))
    with WorkerProcess(contender) as worker:
        yield worker


@pytest.mark.parametrize("contender", contenders("keyed"))
def test_keyed(contender):
    with ExitStack() as stack:
        port = stack.enter_context(Server()).port if "redis" in contender else None
        worker = stack.enter_context(worker_of(f"keyed.{contender}"))
        worker.ask("open", port=port)
        assert isinstance(worker.ask("fill", count=50)["grown"], int)
        assert worker.ask("save", tasks=4, calls=20)["rate"] > 0
        assert worker.ask("get", tasks=4, calls=100)["rate"] > 0
        worker.ask("close")


@pytest.mark.parametrize("contender", contenders("nearest"))
def test_nearest(contender, tmp_path):
    file, group = str(tmp_path / "matrix.npy"), list(range(GROUP, COUNT, GROUPS))
    np.save(file, circle())
    (tmp_path / "kept").mkdir()
    with worker_of(f"nearest.{contender}") as worker:
        worker.ask("open", folder=str(tmp_path / "kept"), dimension=24)
        assert worker.ask("insert", path=file, at_once=70)["seconds"] > 0
        found = worker.ask("search", path=file, count=3)["found"]
        assert [ids[0] for ids in found] == list(range(COUNT))
        assert [set(ids) for ids in found] == [{(n - 1) % COUNT, n, (n + 1) % COUNT} for n in range(COUNT)]
        assert isinstance(worker.ask("grown")["grown"], int)
        in_group = partial(worker.ask, "search", path=file, count=2, groups=[GROUP] * COUNT)
        if contender in WITHOUT_FILTER:
            with pytest.raises(ContenderFailedError, match="it has no filter"):
                in_group()
        else:
            found = in_group()["found"]
            assert all(len(set(ids)) == 2 and set(ids) <= set(group) for ids in found)
            assert [found[number][0] for number in group] == group
        worker.ask("close")


def circle() -> np.ndarray:
    """Vectors of length one, each nearest to itself and then to the one before and the one after it."""
    angles = np.outer(np.arange(COUNT) * 2 * np.pi / COUNT, np.arange(1, 13))
    return (np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(12)).astype(np.float32)


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
