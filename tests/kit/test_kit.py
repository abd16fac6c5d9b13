"""The kit itself: where it runs, what it says, and what of it may be replaced."""

from __future__ import annotations

import inspect
import textwrap
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from kit_runs import PLAIN, check_named, registered, run

from axon.core.errors import AdapterNotFound, InvalidInput, StoreUnavailable
from axon.spi import AdapterSpec
from axon.testing import AdapterConformance, bench
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken, NotApplicable, StoreInUse
from axon.testing.readiness import make_sure
from axon.testing.subject import Subject


def test_there_are_at_least_150_checks_of_some_topics():
    checks = every_check()
    assert len(checks) >= 150
    assert len({check.name for check in checks}) == len(checks)
    assert len({check.topic for check in checks}) >= 20


@pytest.mark.parametrize("check", every_check(), ids=lambda check: check.name)
def test_every_check_says_what_is_promised_and_what_to_look_at(check):
    assert check.contract.endswith(".")
    assert check.advice.endswith(".")
    assert check.name.startswith(f"{check.topic}_")
    assert hasattr(AdapterConformance, f"test_{check.name}")
    assert inspect.getdoc(getattr(AdapterConformance, f"test_{check.name}")) == check.contract


def test_three_lines_pass_under_strict_markers_and_with_warnings_as_errors(tmp_path):
    done = run(tmp_path, "--strict-markers", "--strict-config", "-W", "error", "-k", "contract or expiry or sequences")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_it_runs_in_parallel(tmp_path):
    done = run(tmp_path, "-n", "2", "-W", "error", "-k", "identity or tenants")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_a_failure_is_the_message_and_nothing_of_the_kit(tmp_path):
    (tmp_path / "broken.py").write_text(
        textwrap.dedent("""
        from axon_inmemory import InMemoryAdapter

        class Broken(InMemoryAdapter):
            async def delete(self, entry_id):
                await super().delete(entry_id)
                return True
        """)
    )
    source = textwrap.dedent("""
        from axon.core.registry import Registry
        from axon.spi import AdapterSpec, hookimpl
        from axon.testing import AdapterConformance

        class Plugin:
            @hookimpl
            def axon_adapters(self):
                return [AdapterSpec(name="broken", target="broken:Broken",
                                    options="axon_inmemory.options:InMemoryOptions", capabilities={"ttl"})]

        registry_ = Registry()
        registry_.register(Plugin(), "broken")

        class TestBroken(AdapterConformance):
            adapter = "broken"
            registry = registry_
    """)
    done = run(tmp_path, "-k", "deleting_says", source=source)
    assert done.returncode == 1
    for part in (
        "adapter 'broken' fails deleting_says_whether_there_was_one",
        "what was done:",
        "delete('nobody') -> True",
        "what came back:\n        True",
        "what was expected:\n        False",
        "what the contract says:",
        "if this fails:",
        f"{Path(bench.__file__).parent}/checks/deleting.py:",
        "python -m pydoc axon.spi.Adapter.delete prints what was promised",
        'page "The adapter contract", section "The five methods"',
    ):
        assert part in done.stdout, done.stdout
    assert "examination.py" not in done.stdout
    assert "docs/" not in done.stdout


class TestWhatIsDoneAndNotDeclared:
    SOURCE = """
    from axon.core.registry import Registry
    from axon.spi import AdapterSpec, hookimpl
    from axon.testing import AdapterConformance

    class Plugin:
        @hookimpl
        def axon_adapters(self):
            return [AdapterSpec(name="modest", target="axon_inmemory:InMemoryAdapter",
                                options="axon_inmemory.options:InMemoryOptions", capabilities={"ttl"})]

    registry_ = Registry()
    registry_.register(Plugin(), "modest")

    class TestModest(AdapterConformance):
        adapter = "modest"
        registry = registry_
    """

    @pytest.mark.parametrize("arguments", [(), ("-W", "error"), ("-W", "error", "-n", "2")], ids=" ".join)
    def test_is_in_the_summary_of_warnings_and_no_error(self, tmp_path, arguments):
        done = run(tmp_path, *arguments, "-k", "capabilities", source=textwrap.dedent(self.SOURCE))
        assert done.returncode == 0, done.stdout
        assert "warnings summary" in done.stdout
        told = done.stdout.partition("warnings summary")[2]
        for name in ("TEXT_SEARCH", "VECTOR_SEARCH", "LOCKS", "COUNTERS", "LIMITS", "VALUES"):
            sentence = f"the adapter 'modest': done but not declared: add Capability.{name} to the spec"
            assert told.count(f"NotDeclaredWarning: {sentence}\n") == 1, done.stdout
        assert "test_conformance.py:15: NotDeclaredWarning" in told
        assert "6 warnings" in told

    def test_may_be_silenced(self, tmp_path):
        silent = ("-W", "error", "-W", "ignore::axon.testing.NotDeclaredWarning")
        done = run(tmp_path, *silent, "-k", "capabilities", source=textwrap.dedent(self.SOURCE))
        assert done.returncode == 0, done.stdout
        assert "warning" not in done.stdout


class TestDescribing:
    def test_a_class_without_an_adapter(self):
        class Nothing(AdapterConformance):
            pass

        with pytest.raises(TypeError, match="Nothing names no adapter"):
            Nothing.subject()

    def test_an_adapter_that_is_not_installed(self):
        with pytest.raises(AdapterNotFound, match="did you mean 'memory'"):
            Subject.named("memry")

    def test_a_setting_that_it_has_not(self):
        subject = Subject.named("memory", settings={"path": "x"})
        with pytest.raises(ContractBroken, match="has no setting path"):
            examine(check_named("contract_get_of_an_unknown_id"), subject)

    def test_the_folder_in_settings_is_empty_and_each_checks_own(self, tmp_path):
        subject = Subject.named("vector", settings={"path": "{tmp_path}/a/b"})
        for _ in range(2):
            examine(check_named("deleting_is_counted"), subject)
        assert list(tmp_path.iterdir()) == []

    def test_what_is_not_declared_is_not_asked(self):
        with pytest.raises(NotApplicable, match="shared not declared"):
            examine(check_named("sharing_is_between_adapters_too"), Subject.named("memory"))

    def test_what_is_done_and_not_declared_is_told(self):
        registry = registered("axon_inmemory:InMemoryAdapter", options="axon_inmemory.options:InMemoryOptions")
        subject = Subject.named("under_test", registry=registry)
        for name in ("of_vectors_are_declared_or_refused", "with_a_protocol_are_declared_and_there_locks"):
            with pytest.raises(NotApplicable, match="done but not declared"):
                examine(check_named(f"capabilities_{name}"), subject)

    def test_what_is_declared_and_not_done_fails(self):
        everything = ("ttl", "persistence", "shared")
        registry = registered(
            "axon_inmemory:InMemoryAdapter", options="axon_inmemory.options:InMemoryOptions", capabilities=everything
        )
        subject = Subject.named("under_test", registry=registry)
        for name in ("persistence_outlives_the_adapter", "sharing_is_between_adapters_too"):
            with pytest.raises(ContractBroken):
                examine(check_named(name), subject)


class TestABatchWithABadEntry:
    """Both ways keep the contract, and which one it was is noted."""

    @pytest.mark.parametrize(
        ("check", "of"),
        [
            ("batches_with_what_is_no_entry_last", "what is no entry"),
            ("batches_with_a_bad_entry", "a vector of another dimension"),
            ("batches_of_hundreds_with_a_bad_entry_as_the_middle", "a vector of another dimension"),
        ],
    )
    def test_says_which_way_it_went(self, tmp_path, monkeypatch, check, of):
        (tmp_path / "lenient.py").write_text(
            textwrap.dedent("""
            from axon.core.errors import InvalidInput
            from axon.spi import MemoryEntry
            from axon_inmemory import InMemoryAdapter

            class Lenient(InMemoryAdapter):
                async def save_many(self, entries):
                    for entry in entries:
                        if isinstance(entry, MemoryEntry) and len(entry.embedding or "xx") == 2:
                            await self.save(entry)
                    if await self.get_many([getattr(entry, "id", "?") for entry in entries]) != list(entries):
                        raise InvalidInput("one of them is bad")
            """)
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        options = "axon_inmemory.options:InMemoryOptions"
        capabilities = ("ttl", "text_search", "vector_search")
        registry = registered("lenient:Lenient", options=options, capabilities=capabilities)
        lenient = Subject.named("under_test", registry=registry)
        told = f"of a batch with {of}, "
        assert examine(check_named(check), Subject.named("memory")) == [f"{told}none of the others is written"]
        assert examine(check_named(check), lenient) == [f"{told}all of the others are written"]

    def test_is_told_of_what_pytest_captures(self, tmp_path):
        done = run(tmp_path, "-rP", "-k", "with_what_is_no_entry_last")
        assert "of a batch with what is no entry, none of the others is written" in done.stdout

    def test_what_is_inherited_writes_none(self):
        subject = Subject.named("plain", registry=PLAIN)
        noted = examine(check_named("batches_with_what_is_no_entry_in_the_middle"), subject)
        assert noted == ["of a batch with what is no entry, none of the others is written"]


def test_a_store_that_is_somebodys_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "kept_store.py").write_text(
        textwrap.dedent("""
        from axon_inmemory import InMemoryAdapter
        from axon import MemoryEntry

        class Kept(InMemoryAdapter):
            '''Without namespaces, and not empty.'''
            cleared = 0

            async def count(self, filter=None):
                return 3

            async def clear(self):
                Kept.cleared += 1
                return 0
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    subject = Subject.named("under_test", registry=registered("kept_store:Kept"))
    with pytest.raises(StoreInUse, match=r"holds 3 entries, and the checks would\s+delete them"):
        make_sure(subject)
    import kept_store  # of the folder above

    assert kept_store.Kept.cleared == 0


def test_an_error_names_the_line_of_the_adapter(tmp_path, monkeypatch):
    (tmp_path / "typing_error.py").write_text(
        textwrap.dedent("""
        from axon_inmemory import InMemoryAdapter

        class Typo(InMemoryAdapter):
            async def get(self, entry_id):
                return self._store.entries.fetch(entry_id)
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    options = "axon_inmemory.options:InMemoryOptions"
    subject = Subject.named("under_test", registry=registered("typing_error:Typo", options=options))
    with pytest.raises(ContractBroken, match=r"typing_error.py:6, get: return self._store.entries.fetch\(entry_id\)"):
        examine(check_named("contract_get_of_an_unknown_id"), subject)


def test_an_adapter_that_hangs_is_told_of_and_does_not_take_hours(tmp_path, monkeypatch):
    (tmp_path / "hanging.py").write_text(
        textwrap.dedent("""
        import asyncio
        from axon_inmemory import InMemoryAdapter

        class Hanging(InMemoryAdapter):
            async def clear(self):
                await asyncio.Event().wait()
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(bench, "PATIENCE_S", 0.1)
    monkeypatch.setattr(bench, "HUNG", set())
    options = "axon_inmemory.options:InMemoryOptions"
    subject = Subject.named("under_test", registry=registered("hanging:Hanging", options=options))
    with pytest.raises(ContractBroken, match=r"no answer to clear\(\), when the check was over"):
        examine(check_named("contract_get_of_an_unknown_id"), subject)
    with pytest.raises(ContractBroken, match=r"no answer within"):
        examine(check_named("deleting_all_empties_everything"), subject)


def test_a_store_that_is_not_there_is_told_once_and_as_such():
    subject = Subject.named("redis", settings={"url": "redis://127.0.0.1:1", "deadline": 0.2})
    with pytest.raises(StoreUnavailable, match="the store of the adapter 'redis' cannot be used"):
        make_sure(subject)
    with pytest.raises(InvalidInput, match="has no setting path"):
        make_sure(Subject.named("memory", settings={"path": "x"}))


PLUGIN = """
from axon.spi import AdapterSpec, hookimpl

@hookimpl
def axon_adapters():
    return [AdapterSpec(name="mine", target="mine.adapter:Mine", capabilities=frozenset())]
"""


@pytest.mark.parametrize(
    ("files", "brought"),
    [
        ({}, None),
        ({"mine/plugin.py": "import json, attrs, typing_extensions, mine.names\n"}, None),
        ({"mine/plugin.py": "import some_driver\n"}, "some_driver"),
        ({"mine/__init__.py": "from some_driver import part\n"}, "some_driver"),
        ({"mine/names.py": "import some_driver\n", "mine/plugin.py": "import mine.names\n"}, "some_driver"),
        ({"mine/plugin.py": "import mine.adapter\n"}, "whether mine.adapter was imported"),
    ],
)
def test_a_plugin_that_imports_a_driver_is_told_of_it(tmp_path, monkeypatch, files, brought):
    installed = {
        "mine/__init__.py": "",
        "mine/plugin.py": "",
        "mine/names.py": "",
        "mine/adapter.py": "import some_driver\nfrom axon_inmemory import InMemoryAdapter as Mine\n",
        "mine-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1\n",
        "mine-1.dist-info/entry_points.txt": "[axon]\nmine = mine.plugin\n",
        "some_driver/__init__.py": "",
        "some_driver/part.py": "",
    }
    for path, text in (installed | files).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text + PLUGIN * (path == "mine/plugin.py"))
    monkeypatch.syspath_prepend(str(tmp_path))
    subject = Subject(spec=AdapterSpec(name="mine", target="mine.adapter:Mine", capabilities=frozenset()))
    check = check_named("packaging_imports_no_driver_to_describe_it")
    if brought is None:
        examine(check, subject)
    else:
        with pytest.raises(ContractBroken, match=brought):
            examine(check, subject)


def test_it_is_no_plugin_of_pytest():
    ours = [entry.name for entry in entry_points(group="pytest11") if entry.value.startswith("axon")]
    assert ours == []
