"""What was found before the command ended early: it is summed up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest


class TestWhatWasFoundBeforeTheEnd:
    """One check fails, and a later one does not end."""

    SOURCE = """
    class Odd(InMemoryAdapter):
        async def get(self, entry_id):
            raise LookupError("no get today")

        async def count(self, filter=None):
            if filter is None:
                return await super().count(filter)
            print("counting", flush=True)
            {ending}
    """
    FAILED = "adapter 'odd' fails contract_is_made_outside_of_a_loop"
    BLOCKING = "time.sleep(1000)"
    WAITING = "await asyncio.sleep(1000)"

    @pytest.fixture
    def begun(self, tmp_path):
        """The command, as a process that has written "counting" to standard error."""
        begun = []

        def begin(*arguments):
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AXON_")}
            environment |= {"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
            process = subprocess.Popen(
                [sys.executable, "-m", "axon", "conformance", "odd", "--topic", "contract", *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            begun.append(process)
            for line in process.stderr:
                if line == "counting\n":
                    return process
            raise AssertionError(process.stdout.read())

        yield begin
        for process in begun:
            process.kill()
            process.communicate()

    def test_is_printed_when_it_is_found(self, written, begun):
        written(self.SOURCE.format(ending=self.WAITING))
        process = begun()
        assert process.stdout.readline() == f"{self.FAILED}\n"

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    @pytest.mark.parametrize("ending", [WAITING, BLOCKING])
    def test_is_summed_up_on_a_signal(self, written, begun, number, code, ending):
        written(self.SOURCE.format(ending=ending))
        process = begun()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == code, err
        assert out.startswith(self.FAILED)
        assert out.count(self.FAILED) == 1
        assert "odd breaks the contract in " in out
        assert "checks have run: interrupted in contract_" in out.splitlines()[-1]

    def test_is_a_document_on_a_signal(self, written, begun):
        written(self.SOURCE.format(ending=self.WAITING))
        process = begun("--format", "json")
        process.send_signal(signal.SIGTERM)
        document = json.loads(process.communicate(timeout=30)[0])
        assert document["ok"] is False
        assert document["incomplete"].startswith("interrupted in contract_")
        assert "no get today" in "".join(check["message"] for check in document["checks"])

    def test_who_takes_every_error_for_its_own_is_ended_all_the_same(self, written, begun):
        ending = "[self.wait() for _ in iter(int, 1)]"
        wait = """
        def wait(self):
            try:
                time.sleep(1000)
            except BaseException:
                pass
        """
        written(self.SOURCE.format(ending=ending) + wait)
        process = begun()
        process.terminate()
        out, err = process.communicate(timeout=30)
        assert process.returncode == 143, err
        assert "checks have run: interrupted in contract_" in out.splitlines()[-1]

    @pytest.mark.parametrize("format", ["table", "json"])
    def test_is_summed_up_where_a_call_blocks(self, written, soon, format):
        written(self.SOURCE.format(ending=self.BLOCKING))
        done = soon("--topic", "contract", "--format", format, timeout=60)
        assert done.returncode == 2, done.stderr
        why = "the adapter blocks in contract_"
        if format == "json":
            document = json.loads(done.stdout)
            assert document["incomplete"].startswith(why)
            assert (document["adapter"], document["ok"]) == ("odd", False)
            assert document["checks"]
        else:
            assert done.stdout.count(self.FAILED) == 1
            assert f"checks have run: {why}" in done.stdout.splitlines()[-1]
