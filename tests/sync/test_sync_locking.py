"""``with memory.lock(...)``: the body runs in its thread, the lock is renewed in the background."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import pytest
from sync_store import PATIENCE_S, until

from axon.core.errors import InvalidInput, LockUnavailable, StoreUnavailable
from axon.sync.running import wait


class TestLocks:
    def test_one_thread_at_a_time(self, memory):
        inside, most, fences = 0, 0, []

        def work(_):
            nonlocal inside, most
            with memory.lock("door", wait=PATIENCE_S) as lock:
                inside += 1
                most = max(most, inside)
                fences.append(lock.fence)
                memory.count()
                inside -= 1

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, range(64)))
        assert most == 1
        assert fences == sorted(set(fences))
        assert memory.locks() == []

    def test_the_wait_runs_out(self, memory):
        with memory.lock("door"):
            assert [held.name for held in memory.locks()] == ["door"]
            for wait, says in ((0, "held by another$"), (0.01, "and 0.01 s were not enough")):
                with pytest.raises(LockUnavailable, match=says), memory.lock("door", wait=wait):
                    pytest.fail("the body ran without the lock")

    def test_the_background_loop_renews_it(self, memory, store, clock):
        with memory.lock("door", ttl=0.15) as lock:
            for _ in range(5):
                clock.now += 0.1
                while store.renewed.acquire(blocking=False):
                    pass
                for _ in range(2):  # the second is after the turn for certain
                    assert store.renewed.acquire(timeout=PATIENCE_S)
            assert [held.fence for held in memory.locks()] == [lock.fence]

    def test_a_lock_that_is_lost_is_told_in_the_end(self, memory, store):
        ran = []
        with pytest.raises(LockUnavailable, match="the lock 'door' was lost"):  # noqa: PT012, SIM117
            with memory.lock("door", ttl=0.2) as lock:
                assert lock.is_held
                store.error = StoreUnavailable("the store is down", sent=False)
                until(lambda: not lock.is_held)
                ran.append("to the end")
        assert ran == ["to the end"]
        with pytest.raises(ZeroDivisionError) as caught, memory.lock("other", ttl=0.05, renew=False) as lock:  # noqa: PT012
            until(lambda: not lock.is_held)
            raise ZeroDivisionError
        assert "the lock 'other' was lost" in caught.value.__notes__[0]

    def test_the_error_of_the_body_passes_and_the_lock_is_free(self, memory):
        lock = memory.lock("door")
        with pytest.raises(ZeroDivisionError) as caught, lock:
            raise ZeroDivisionError
        assert not hasattr(caught.value, "__notes__")
        assert not lock.is_held
        with pytest.raises(InvalidInput, match="not held"):
            _ = lock.fence
        with lock as again:
            assert again is lock
            assert lock.name == "door"

    def test_it_is_not_reentrant(self, memory):
        lock = memory.lock("door")
        with lock:
            with pytest.raises(InvalidInput, match="in use"), lock:
                pytest.fail("the body ran twice at once")
            assert lock.is_held


def test_ctrl_c_just_as_the_lock_is_given_leaves_none(memory, monkeypatch):
    interrupts = iter([KeyboardInterrupt])

    def interrupted(call):
        answer = wait(call)
        for interrupt in interrupts:
            raise interrupt
        return answer

    monkeypatch.setattr("axon.sync.locking.wait", interrupted)
    with pytest.raises(KeyboardInterrupt), memory.lock("door"):
        pytest.fail("the body ran after the interrupt")
    assert memory.locks() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_in_the_body_and_while_waiting_leaves_no_lock():
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            dedent(
                """
                import signal, threading, time
                signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
                from axon import EphemeralPolicy, MemoryConfig
                from axon.sync import MemorySystem

                memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()))
                try:
                    with memory.lock("door"):
                        print("inside", flush=True)
                        while True:
                            time.sleep(0.01)  # pause() would overlook a signal that comes just before it
                except KeyboardInterrupt:
                    print(memory.locks(), flush=True)
                free = threading.Event()

                def hold():
                    with memory.lock("door"):
                        free.wait(60)

                thread = threading.Thread(target=hold)
                thread.start()
                try:
                    while not memory.locks():
                        pass
                    print("waiting", flush=True)
                    with memory.lock("door", wait=60):
                        print("inside")
                except KeyboardInterrupt:
                    free.set()
                    thread.join()
                    print(memory.locks(), flush=True)
                """
            ),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "inside\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.stdout.readline() == "[]\n"
    assert process.stdout.readline() == "waiting\n"
    # Wherever in the wait the signal comes, nothing may be left.
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, err, process.returncode) == ("[]\n", "", 0)
