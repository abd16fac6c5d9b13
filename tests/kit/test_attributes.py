"""What an author says of an adapter in the class of its checks: what cannot be is told, and what may be replaced."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from kit_runs import PLAIN, check_named, run

from axon.core.errors import InvalidInput
from axon.testing import AdapterConformance, xfail
from axon.testing.examination import every_check, examine
from axon.testing.failure import NotApplicable
from axon.testing.readiness import make_sure
from axon.testing.subject import Subject


class TestReplacing:
    def test_a_check_cannot_be_replaced(self):
        with pytest.raises(TypeError, match=r"test_contract_get_of_an_unknown_id = xfail\(reason="):

            class Another(AdapterConformance):
                adapter = "memory"

                def test_contract_get_of_an_unknown_id(self):
                    pass

    def test_an_expected_failure_names_a_check(self):
        with pytest.raises(TypeError, match="no check of this name"):

            class Another(AdapterConformance):
                test_nothing = xfail(reason="there is none")

    def test_a_check_cannot_be_replaced_by_a_mixin(self):
        class Lenient:
            def test_contract_get_of_an_unknown_id(self):
                pass

        with pytest.raises(TypeError, match=r"Mixed.test_contract_get_of_an_unknown_id replaces a check"):

            class Mixed(Lenient, AdapterConformance):
                adapter = "memory"

    def test_an_expected_failure_of_a_mixin_is_one(self):
        class Known:
            test_contract_get_of_an_unknown_id = xfail(reason="it was broken")

        class Mixed(Known, AdapterConformance):
            adapter = "memory"

        class Below(Mixed):
            pass

        for cls in (Mixed, Below):
            with pytest.raises(AssertionError, match="passes although it is expected to fail"):
                cls().test_contract_get_of_an_unknown_id()
        with pytest.raises(TypeError, match="no check of this name"):
            type("Mixed", (type("Mixin", (), {"test_nothing": xfail(reason="x")}), AdapterConformance), {})

    @pytest.mark.parametrize("reason", ["", "  ", None])
    def test_an_expected_failure_says_why(self, reason):
        with pytest.raises(TypeError, match="say why"):
            xfail(reason=reason)

    def test_a_failure_that_is_expected_is_one(self):
        class Known(AdapterConformance):
            adapter = "memory"
            # Nobody listens, says the class, and the memory adapter has no setting for that: the check fails.
            unreachable: ClassVar = {"no_such_setting": 1}
            test_errors_say_whether_it_may_have_run = xfail(reason="always there")

        with pytest.raises(pytest.xfail.Exception, match="always there"):
            Known().test_errors_say_whether_it_may_have_run()

    def test_what_passes_again_is_told(self):
        class Mended(AdapterConformance):
            adapter = "memory"
            test_contract_get_of_an_unknown_id = xfail(reason="it was broken")

        with pytest.raises(AssertionError, match="passes although it is expected to fail"):
            Mended().test_contract_get_of_an_unknown_id()

    def test_tests_of_ones_own_stay(self):
        class Own(AdapterConformance):
            adapter = "memory"

            def test_of_my_own(self):
                return "kept"

        assert Own().test_of_my_own() == "kept"


@pytest.mark.parametrize(("given", "numbers"), [({}, 2), ({"dimension": 48}, 48)])
def test_a_store_of_one_dimension_that_is_not_named_is_told_before_the_first_check(given, numbers):
    subject = Subject.named("fixed", registry=PLAIN, **given)
    refused = f"'fixed' refuses a vector of {numbers} numbers: vectors have 32 numbers here, got {numbers}. "
    with pytest.raises(
        InvalidInput, match=f"{refused}.* dimension = N, 24 at least, in the test class, or .*--settings"
    ):
        make_sure(subject)
    make_sure(Subject.named("fixed", registry=PLAIN, dimension=32))
    make_sure(Subject.named("no_vectors", registry=PLAIN))


@pytest.mark.parametrize(
    "attributes", [{"settings": "x"}, {"unreachable": ["x"]}, {"dimension": 3}, {"dimension": "32"}], ids=str
)
def test_an_attribute_that_cannot_be_is_refused(attributes):
    with pytest.raises(InvalidInput, match=next(iter(attributes))):
        Subject.named("memory", **attributes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("adapter", None),
        ("settings", None),
        ("settings", "x"),
        ("unreachable", ["x"]),
        ("golden", 3),
        ("dimension", "32"),
        ("registry", "x"),
    ],
)
def test_an_attribute_of_another_type_is_refused_when_the_class_is_made(name, value):
    with pytest.raises(TypeError, match=f"TestIt.{name} must be "):
        type("TestIt", (AdapterConformance,), {name: value})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("adaptor", "adapter"),
        ("setings", "settings"),
        ("setting", "settings"),
        ("settigns", "settings"),
        ("unreachabel", "unreachable"),
        ("goldenn", "golden"),
        ("registri", "registry"),
    ],
)
def test_an_attribute_that_is_misspelled_is_refused(name, meant):
    with pytest.raises(TypeError, match=f"{name}: did you mean '{meant}'"):
        type("Misspelled", (AdapterConformance,), {name: {}})


@pytest.mark.parametrize("name", ["reachable", "setup", "dimensions_of_mine", "adapters", "g", "_private", "olden"])
def test_an_attribute_of_ones_own_is_let_be(name):
    given = {"adapter": "memory", "golden": None, name: {}}
    assert getattr(type("Own", (AdapterConformance,), given), name) == {}


MISCONFIGURED = {
    "no adapter": ("pass", "names no adapter"),
    "a wrong name": ("adapter = 'memry'", "did you mean 'memory'"),
    "a setting that it has not": ("adapter, settings = 'memory', {'path': 'x'}", "has no setting path"),
    "a setting that it refuses": ("adapter, settings = 'memory', {'max_entries': 'x'}", "max_entries"),
    "a server that does not answer": (
        "adapter, settings = 'redis', {'url': 'redis://127.0.0.1:1', 'deadline': 0.2}",
        "the store of the adapter 'redis' cannot be used",
    ),
}


@pytest.mark.parametrize("case", MISCONFIGURED)
def test_what_cannot_be_asked_anything_fails_once_and_in_a_sentence(tmp_path, case):
    body, sentence = MISCONFIGURED[case]
    known = "\n    test_contract_get_of_an_unknown_id = xfail(reason='x')"
    source = f"from axon.testing import AdapterConformance, xfail\nclass TestIt(AdapterConformance):\n    {body}{known}"
    done = run(tmp_path, source=source)
    assert done.returncode == 1
    assert done.stdout.count("TestIt cannot ask anything of its adapter: ") == 1, done.stdout
    assert sentence in done.stdout
    assert f"1 failed, {len(every_check()) - 1} skipped" in done.stdout
    assert "raceback" not in done.stdout
    assert len(done.stdout.splitlines()) < 50


def test_in_each_process_the_first_one_that_runs_fails(tmp_path):
    source = "from axon.testing import AdapterConformance\nclass TestIt(AdapterConformance):\n    adapter = 'memry'\n"
    done = run(tmp_path, "-n", "2", "-rs", "-k", "identity", source=source)
    assert done.returncode == 1
    assert "2 failed" in done.stdout
    assert "not asked: see the first failure" in done.stdout


def test_one_that_is_run_again_fails_again():
    class Nobodys(AdapterConformance):
        adapter = "memry"

    for _ in range(2):
        with pytest.raises(pytest.fail.Exception, match="Nobodys cannot ask anything of its adapter: no installed"):
            Nobodys().test_deleting_is_counted()
        with pytest.raises(NotApplicable, match="not asked"):
            Nobodys().test_contract_get_of_an_unknown_id()


@pytest.mark.parametrize(("made", "fault"), [(None, "is not there"), ("folder", "is empty"), ("file", "is no folder")])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_golden_folder_that_holds_nothing_is_told_before_the_first_check(tmp_path, made, fault, kind):
    folder = tmp_path / "golden"
    if made == "folder":
        folder.mkdir()
    elif made == "file":
        folder.write_text("")

    class Golden(AdapterConformance):
        adapter = "vector"
        settings: ClassVar = {"path": "{tmp_path}"}
        golden = kind(folder)

    with pytest.raises(InvalidInput, match=f"golden folder .*golden {fault}.* --write-golden .*golden"):
        Golden.ready()


def test_a_golden_folder_is_made_once(tmp_path):
    from axon.testing.golden import write_golden

    subject = Subject.named("vector", settings={"path": "{tmp_path}"})
    write_golden(subject, tmp_path / "golden")
    examine(
        check_named("format_of_an_earlier_version_is_read"),
        Subject.named("vector", settings={"path": "{tmp_path}"}, golden=tmp_path / "golden"),
    )
    with pytest.raises(InvalidInput, match="is not empty"):
        write_golden(subject, tmp_path / "golden")
    with pytest.raises(InvalidInput, match="stored nothing"):
        write_golden(Subject.named("memory"), tmp_path / "other")
