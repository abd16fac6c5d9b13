"""Adapters that do what no adapter should: the kit tells of it, once, and goes on or ends."""

from __future__ import annotations

import json
import re

import pytest

from axon.core.errors import AdapterNotFound
from axon.testing import AdapterConformance
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken, NotMade, StoreInUse
from axon.testing.readiness import make_sure
from axon.testing.report import report
from axon.testing.steps import Steps
from axon.testing.subject import Subject


def check_named(name):
    return next(check for check in every_check() if check.name == name)


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
