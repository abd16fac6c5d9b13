"""Threads that an adapter leaves behind: the kit tells of them."""

from __future__ import annotations

import threading

import pytest
from click.testing import CliRunner

from axon.cli.application import application


class TestThreadsThatAreLeft:
    LEAVING = """
    class Odd(InMemoryAdapter):
        def __init__(self):
            super().__init__()
            threading.Thread(target=threading.Event().wait, name="forgotten").start()
    """
    IDLE = """
    from concurrent.futures import ThreadPoolExecutor

    class Odd(InMemoryAdapter):
        async def count(self, filter=None):
            self.pool = ThreadPoolExecutor(1)
            self.pool.submit(id, 1).result()
            return await super().count(filter)
    """

    @pytest.mark.parametrize(("deleted", "code"), [("deleted", 0), ("True", 1)])
    def test_the_command_ends_with_its_exit_code(self, written, command, deleted, code):
        verb = f"""
        async def delete(self, entry_id):
            deleted = await super().delete(entry_id)
            return {deleted}
        """
        written(self.LEAVING + verb)
        done = command("--topic", "deleting")
        assert done.returncode == code, done.stdout + done.stderr
        assert "the contract in" in done.stdout
        assert "axon: note: ended over threads that the adapter has left running: forgotten" in done.stderr

    def test_a_pool_with_nothing_to_do_is_no_matter(self, written, command):
        written(self.IDLE)
        done = command("--topic", "deleting")
        assert (done.returncode, done.stderr) == (0, "")

    def test_where_no_check_begins_it_ends_too(self, written, command):
        verb = """
        async def count(self, filter=None):
            from axon.core.errors import StoreUnavailable
            raise StoreUnavailable("nobody there", sent=False)
        """
        written(self.LEAVING + verb)
        done = command()
        assert done.returncode == 1
        assert "nobody there" in done.stderr
        assert "forgotten" in done.stderr

    def test_a_process_that_only_calls_the_command_goes_on(self):
        ended = threading.Event()
        thread = threading.Thread(target=ended.wait)
        thread.start()
        try:
            arguments = ["conformance", "memory", "--topic", "deleting"]
            assert CliRunner().invoke(application, arguments, prog_name="axon").exit_code == 0
            assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        finally:
            ended.set()
            thread.join()
