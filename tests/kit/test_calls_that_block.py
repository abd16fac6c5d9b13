"""Calls of an adapter that block the event loop: the kit tells where, and goes on or ends."""

from __future__ import annotations

import signal

import pytest

from axon.testing import AdapterConformance, bench, blocking, conformance, examination
from axon.testing.failure import ContractBroken, NotApplicable


class TestACallThatBlocks:
    @pytest.mark.parametrize(
        "blocking",
        ["time.sleep(1000)", "threading.Event().wait()", "[lock.acquire() for lock in [threading.Lock()] * 2]"],
    )
    def test_in_a_verb_is_told_with_its_line(self, written, soon, blocking):
        written(f"class Odd(InMemoryAdapter):\n    async def get(self, entry_id):\n        {blocking}\n")
        done = soon("--topic", "contract")
        assert done.returncode == 2, done.stdout
        assert "axon: error: the adapter 'odd' blocks in contract_" in done.stderr
        assert f", get: {blocking}" in done.stderr
        assert "most recent call first" in done.stderr

    def test_in_the_constructor(self, written, soon):
        written("class Odd(InMemoryAdapter):\n    def __init__(self):\n        time.sleep(1000)\n")
        done = soon()
        assert done.returncode == 2, done.stdout
        assert "blocks before the first check" in done.stderr
        assert ", __init__: time.sleep(1000)" in done.stderr

    def test_in_a_thread_that_the_loop_waits_for_at_its_end(self, written, soon):
        verb = "asyncio.ensure_future(asyncio.to_thread(time.sleep, 1000))"
        written(
            f"class Odd(InMemoryAdapter):\n    async def close(self):\n        {verb}\n        await asyncio.sleep(0)\n"
        )
        done = soon("--topic", "contract")
        assert done.returncode == 2, done.stdout
        assert "waits for threads that do not end" in done.stderr

    def test_what_only_takes_its_time_is_left_alone(self, written, soon):
        source = """
        class Odd(InMemoryAdapter):
            slow = True

            async def clear(self):
                if Odd.slow:
                    await asyncio.sleep(1.5)
                    for _ in range(4):
                        time.sleep(0.2)
                        await asyncio.sleep(0)
                    print("cleared slowly")
                    Odd.slow = False
                return await super().clear()

            async def count(self, filter=None):
                time.sleep(0.2)
                return await super().count(filter)
        """
        written(source)
        done = soon("--topic", "deleting")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "cleared slowly" in done.stderr


class TestACallThatBlocksUnderPytest:
    BLOCKING = (
        "time.sleep(1000)",
        "threading.Event().wait()",
        "[lock.acquire() for lock in [threading.Lock()] * 2]",
        "asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()).result()",
    )

    @pytest.fixture
    def tested(self, written, monkeypatch):
        """A test class of what was written, that has less patience."""
        monkeypatch.setattr(blocking, "BLOCKED_S", 0.5)
        monkeypatch.setattr(blocking, "LOOK_S", 0.1)
        monkeypatch.setattr(bench, "HUNG", hung := set())
        monkeypatch.setattr(conformance, "HUNG", hung)
        monkeypatch.setattr(examination, "HUNG", hung)

        def test_class(source):
            subject = written(source)

            class Odd(AdapterConformance):
                adapter = "odd"

                @classmethod
                def subject(cls):
                    return subject

            return Odd(), hung

        return test_class

    @pytest.mark.parametrize("call", BLOCKING)
    def test_in_a_verb_fails_the_check_with_its_line(self, tested, call):
        odd, hung = tested(f"class Odd(InMemoryAdapter):\n    async def get(self, entry_id):\n        {call}\n")
        with pytest.raises(ContractBroken) as told:
            odd.test_contract_get_of_an_unknown_id()
        assert "no answer for 0.5 s, in which nothing else could run\n" in str(told.value)
        assert f", get: {call}" in str(told.value)
        assert hung == {"odd"}
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL

    def test_and_takes_every_error_for_one_of_its_store_fails_the_check_too(self, tested):
        source = """
        class Odd(InMemoryAdapter):
            async def get(self, entry_id):
                try:
                    time.sleep(1000)
                except Exception:
                    return None
        """
        with pytest.raises(ContractBroken, match="nothing else could run"):
            tested(source)[0].test_contract_get_of_an_unknown_id()

    def test_before_the_first_check_is_told_once(self, tested):
        odd, _ = tested(
            "class Odd(InMemoryAdapter):\n    async def count(self, filter=None):\n        time.sleep(99)\n"
        )
        with pytest.raises(pytest.fail.Exception, match=r"blocks before the first check: .*, count: time.sleep\(99\)"):
            odd.test_contract_get_of_an_unknown_id()
        with pytest.raises(NotApplicable, match="not asked"):
            odd.test_deleting_is_counted()

    def test_what_only_takes_its_time_is_left_alone(self, tested):
        source = """
        class Odd(InMemoryAdapter):
            async def get(self, entry_id):
                await asyncio.sleep(1)
                for _ in range(4):
                    time.sleep(0.2)
                    await asyncio.sleep(0)
                return await super().get(entry_id)
        """
        tested(source)[0].test_contract_get_of_an_unknown_id()

    def test_a_handler_of_somebody_elses_stays(self, tested, monkeypatch):
        odd, _ = tested("class Odd(InMemoryAdapter):\n    async def get(self, entry_id):\n        time.sleep(1)\n")
        handler = lambda *_: None  # noqa: E731
        before = signal.signal(signal.SIGALRM, handler)
        try:
            odd.test_contract_get_of_an_unknown_id()
            assert signal.getsignal(signal.SIGALRM) is handler
        finally:
            signal.signal(signal.SIGALRM, before)
