"""Adapters that do what no adapter should: the kit tells of it, once, and goes on or ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from axon.cli.application import application
from axon.core.errors import AdapterNotFound
from axon.core.registry import Registry
from axon.spi import AdapterSpec, hookimpl
from axon.testing import AdapterConformance, bench, blocking, conformance, examination
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken, NotApplicable, NotMade, StoreInUse
from axon.testing.readiness import make_sure
from axon.testing.report import report
from axon.testing.steps import Steps
from axon.testing.subject import Subject

_HEAD = (
    "import asyncio, sys, threading, time\nfrom axon.spi import Adapter\nfrom axon_inmemory import InMemoryAdapter\n"
)


def check_named(name):
    return next(check for check in every_check() if check.name == name)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The subject whose class ``Odd`` has this source; its plugin is installed for other processes, too."""
    modules = []

    def write(source, *, capabilities=("ttl", "text_search")):
        name = f"odd_{abs(hash(str(tmp_path)))}"
        modules.append(name)
        (tmp_path / f"{name}.py").write_text(_HEAD + textwrap.dedent(source))
        (tmp_path / "odd_plugin.py").write_text(
            textwrap.dedent(f"""
            from axon.spi import AdapterSpec, hookimpl

            @hookimpl
            def axon_adapters():
                return [AdapterSpec(name="odd", target="{name}:Odd", summary="odd", capabilities={list(capabilities)})]
            """)
        )
        info = tmp_path / "odd-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[axon]\nodd = odd_plugin\n")
        monkeypatch.syspath_prepend(str(tmp_path))

        class Plugin:
            @hookimpl
            def axon_adapters(self):
                return [AdapterSpec(name="odd", target=f"{name}:Odd", capabilities=capabilities)]

        registry = Registry(entry_points=[])
        registry.register(Plugin(), "odd")
        return Subject.named("odd", registry=registry)

    yield write
    for name in modules:
        sys.modules.pop(name, None)


@pytest.fixture
def command(tmp_path):
    """The command on what was written, in a process of its own."""

    def run(*arguments, timeout=100, module="axon"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AXON_")}
        environment |= {"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
        return subprocess.run(
            [sys.executable, "-m", module, "conformance", "odd", *arguments],
            env=environment,
            cwd=Path(tmp_path),
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


class TestAnAdapterThatEndsTheProcess:
    LEAVING = """
    class Odd(InMemoryAdapter):
        async def get(self, entry_id):
            sys.exit(0)
    """

    def test_in_a_verb_fails_the_check(self, written):
        subject = written(self.LEAVING)
        with pytest.raises(ContractBroken, match=r"(?s)get\('.*what came back:\s+SystemExit: 0\s+in .*, get: sys.exit"):
            examine(check_named("contract_get_of_an_unknown_id"), subject)

    def test_in_each_example_fails_the_check(self, written):
        subject = written(self.LEAVING)
        topics = {"sequences", "cancellation", "concurrency", "interleaving"}
        checks = [
            check for check in every_check() if check.topic in topics and "get" in check.function.__code__.co_names
        ]
        checks += [check for check in every_check() if check.topic == "sequences"]
        results = report(subject, checks, seen=id).results
        assert not [result.check.name for result in results if result.outcome == "passed"]

    @pytest.mark.parametrize("verb", ["clear", "close"])
    def test_when_the_check_is_over_fails_it(self, written, verb):
        subject = written(f"class Odd(InMemoryAdapter):\n    async def {verb}(self):\n        sys.exit(0)\n")
        make_sure(subject)
        with pytest.raises(ContractBroken, match="SystemExit: 0"):
            examine(check_named("contract_get_of_an_unknown_id"), subject)

    def test_in_what_is_looked_at_before_any_check_is_left_to_the_checks(self, written):
        make_sure(
            written("class Odd(InMemoryAdapter):\n    async def count(self, filter=None):\n        sys.exit(0)\n")
        )

    def test_the_command_tells_and_says_no(self, written, command):
        written(self.LEAVING)
        done = command("--topic", "deleting")
        assert done.returncode == 1, done.stderr
        assert "SystemExit: 0" in done.stdout
        assert "odd breaks the contract in" in done.stdout

    def test_the_command_makes_no_golden_folder(self, written, command):
        written("class Odd(InMemoryAdapter):\n    async def save_many(self, entries):\n        sys.exit(0)\n")
        done = command("--write-golden", "golden")
        assert done.returncode == 1, done.stdout
        assert "sys.exit(0)" in done.stderr


def test_an_interruption_goes_through_and_is_no_success(written, command):
    written("class Odd(InMemoryAdapter):\n    async def get(self, entry_id):\n        raise KeyboardInterrupt\n")
    assert command("--topic", "contract").returncode == 130


class TestAnAdapterThatCannotBeMade:
    UNFINISHED = """
    class Odd(Adapter):
        async def get(self, entry_id):
            return None
    """

    def test_an_unfinished_one_is_told_what_is_missing(self, written):
        with pytest.raises(NotMade) as told:
            make_sure(written(self.UNFINISHED))
        assert "the adapter 'odd' cannot be made: odd_" in str(told.value)
        assert ":Odd raised TypeError: Can't instantiate abstract class Odd" in str(told.value)
        assert "; write delete, query, save, scan: python -m pydoc axon.spi.Adapter prints" in str(told.value)
        assert "spec.py" not in str(told.value)

    def test_an_error_of_its_own_is_told_with_its_line(self, written):
        source = (
            "class Odd(InMemoryAdapter):\n    def __init__(self):\n        raise LookupError('no redis://u:abc@h')\n"
        )
        with pytest.raises(
            NotMade, match=r"raised LookupError: no .*; in .*\.py:6, __init__: raise LookupError"
        ) as told:
            make_sure(written(source))
        assert "so mend that first" in str(told.value)
        assert "abc" not in str(told.value)

    def test_parameters_that_are_no_settings_are_told(self, written):
        source = "class Odd(InMemoryAdapter):\n    def __init__(self, *, path):\n        super().__init__()\n"
        with pytest.raises(NotMade, match=r"argument: 'path'; it is called with .* none, as its spec names no options"):
            make_sure(written(source))

    def test_one_that_ends_the_process_is_told(self, written):
        with pytest.raises(NotMade, match="raised SystemExit: 0; in "):
            make_sure(written("class Odd(InMemoryAdapter):\n    def __init__(self):\n        sys.exit(0)\n"))

    def test_a_driver_that_is_missing_is_the_same(self, written, command):
        written("import no_such_driver\n")
        done = command()
        assert (done.returncode, done.stdout) == (1, "")
        assert "the adapter 'odd' cannot be made: cannot load odd_" in done.stderr
        assert "No module named 'no_such_driver'" in done.stderr

    @pytest.mark.parametrize("cursor", ["0", ""])
    def test_a_scan_that_never_ends_is_told_before_the_first_check(self, written, cursor):
        source = f"""
        class Odd(InMemoryAdapter):
            async def scan(self, cursor=None, *, limit=100):
                page = await super().scan(cursor or None, limit=limit)
                return type(page)(entries=page.entries, cursor=page.cursor or {cursor!r})
        """
        with pytest.raises(NotMade) as told:
            make_sure(written(source))
        assert str(told.value) == (
            f"the adapter 'odd' has a scan that never ends: scan({cursor!r}) gave the cursor {cursor!r} again: "
            "the last page has the cursor None"
        )

    def test_a_store_that_is_somebodys_is_so_also_where_its_scan_fails(self, written):
        source = """
        class Odd(InMemoryAdapter):
            async def count(self, filter=None):
                return 7

            async def scan(self, cursor=None, *, limit=100):
                raise LookupError
        """
        with pytest.raises(StoreInUse, match="holds 7 entries"):
            make_sure(written(source))

    def test_the_command_tells_once(self, written, command):
        written(self.UNFINISHED)
        done = command()
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.count("cannot be made") == 1
        assert len(done.stderr.splitlines()) == 1

    def test_a_test_class_tells_it_too(self, written):
        subject = written(self.UNFINISHED)

        class Odd(AdapterConformance):
            adapter = "odd"

            @classmethod
            def subject(cls):
                return subject

        with pytest.raises((NotMade, pytest.fail.Exception), match="cannot be made"):
            Odd().test_contract_get_of_an_unknown_id()


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_told_as_one(name):
    with pytest.raises(AdapterNotFound, match=r"the name of the adapter is empty; installed: .*memory") as told:
        Subject.named(name)
    assert "blocked" not in str(told.value)


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


class TestACallThatBlocks:
    SOON = """
    import axon.cli, axon.testing.blocking as blocking
    blocking.BLOCKED_S, blocking.LOOK_S = 0.5, 0.1
    axon.cli.main()
    """

    @pytest.fixture
    def soon(self, tmp_path, command):
        """The command that has less patience."""
        (tmp_path / "soon.py").write_text(textwrap.dedent(self.SOON))
        return lambda *arguments: command(*arguments, module="soon", timeout=30)

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
    def test_is_summed_up_where_a_call_blocks(self, written, command, tmp_path, format):
        (tmp_path / "soon.py").write_text(textwrap.dedent(TestACallThatBlocks.SOON))
        written(self.SOURCE.format(ending=self.BLOCKING))
        done = command("--topic", "contract", "--format", format, module="soon", timeout=60)
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


class TestWhatAnAdapterPrints:
    SOURCE = "class Odd(InMemoryAdapter):\n    async def get(self, entry_id):\n        print('here')\n"

    def test_is_no_part_of_the_document(self, written, command):
        written(self.SOURCE)
        done = command("--topic", "deleting", "--format", "json")
        assert json.loads(done.stdout)["incomplete"] is None
        assert "here\n" in done.stderr


class TestOneFaultOfManyChecks:
    SOURCE = """
    class Odd(InMemoryAdapter):
        async def delete(self, entry_id):
            raise LookupError("no delete today")
    """

    def test_is_told_in_full_once(self, written, command):
        written(self.SOURCE)
        done = command("--topic", "deleting")
        document = json.loads(command("--topic", "deleting", "--format", "json").stdout)
        failed = [check for check in document["checks"] if "no delete today" in check["message"]]
        assert len(failed) > 2
        assert done.stdout.count("what came back:\n    LookupError: no delete today") == 1
        first, *others = [check["name"] for check in failed]
        assert f"... and {len(others)} more checks fail as {first} does: {', '.join(others)}\n" in done.stdout

    def test_is_not_another_one_of_another_place(self, written):
        source = (
            self.SOURCE + "\n        async def get(self, entry_id):\n            raise LookupError('no delete today')\n"
        )
        results = report(written(source), [c for c in every_check() if c.topic == "contract"], seen=id)
        places = {fault.rpartition(", ")[2] for fault in results.faults() if fault.startswith("LookupError")}
        assert places >= {'delete: raise LookupError("no delete today")', "get: raise LookupError('no delete today')"}


class TestTwoCallsAtOnce:
    """An update that reads and then waits for a save that is under way: it undoes that one."""

    SOURCE = """
    import attrs

    class Odd(InMemoryAdapter):
        async def save(self, entry):
            self.turn = getattr(self, "turn", None) or asyncio.Lock()
            async with self.turn:
                await asyncio.sleep(0)
                await super().save(entry)

        async def update(self, entry_id, **changes):
            entry = await super().get(entry_id)
            changed = attrs.evolve(entry, **changes)
            await self.save(changed)
            return changed
    """

    def test_are_told_with_what_differs_and_without_the_reads_that_agree(self, written):
        with pytest.raises(ContractBroken) as told:
            examine(check_named("interleaving_of_writes_is_as_if_in_turn_save_and_update"), written(self.SOURCE))
        told = str(told.value)
        done, _, rest = told.partition("what came back:\n")
        came, _, rest = rest.partition("what was expected:\n")
        wanted = rest.partition("what the contract says:\n")[0]
        steps = [line.strip() for line in done.splitlines()[2:]]
        assert [step.partition("(")[0] for step in steps[:3]] == ["1. save_many", "2. save", "3. update"]
        assert steps[3].startswith("4. the second call ran at the await number ")
        assert re.fullmatch(r"5\. \d+ more reads", steps[4])
        assert len(steps) < 12
        assert "get, user_id of 'a': 'u'\n" in came
        assert "if the first call comes first:\n" in wanted
        assert "get, user_id of 'a': None\n" in wanted
        for what in ("'blue whale'", "query by the tag 'new'", "the word 'red'"):
            assert what not in came + wanted


def test_of_many_steps_the_oldest_reads_are_left_out_first():
    steps = Steps()
    for line in ["save(1)", *["get(1)"] * 20, "other.delete(1)", *["count()"] * 8, "raised"]:
        steps.add(line)
    assert steps.told() == [
        "1. save(1)",
        "... 17 steps between",
        *[f"{number}. get(1)" for number in (19, 20, 21)],
        "22. other.delete(1)",
        *[f"{number}. count()" for number in range(23, 31)],
        "31. raised",
    ]
    steps.clear()
    for _ in range(20):
        steps.add("save(1)")
    assert steps.told() == ["... 6 steps before", *[f"{number}. save(1)" for number in range(7, 21)]]


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
