"""``axon conformance``."""

from __future__ import annotations

import json

import pytest

from axon.testing.examination import every_check

COLUMNS = ["name", "topic", "outcome", "contract", "message", "advice", "undeclared", "notes", "seconds"]
"""Of a check, in JSON."""
EXPIRY = sum(check.topic == "expiry" for check in every_check())


def test_a_verdict_for_each_topic_and_capability(axon):
    done = axon("conformance", "memory", "--topic", "expiry", "--topic", "sharing")
    assert done.exit_code == 0
    assert f"expiry   kept, {EXPIRY} checks" in done.stdout
    assert "sharing  not asked: shared not declared" in done.stdout
    assert f"ttl            kept, {EXPIRY} checks" in done.stdout
    assert "shared         not asked: shared not declared" in done.stdout
    assert "5 skipped: shared not declared" in done.stdout
    assert f"memory keeps the contract in all {EXPIRY} checks" in done.stdout


def test_json(axon):
    done = axon("conformance", "memory", "--topic", "locks", "--format", "json")
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["incomplete"] is None
    assert document["adapter"] == "memory"
    assert document.keys() == {
        "adapter",
        "ok",
        "incomplete",
        "undeclared",
        "notes",
        "topics",
        "capabilities",
        "checks",
    }
    assert set(document["topics"]) == {"locks"}
    assert set(document["capabilities"]) == {"locks", "shared"}
    check = document["checks"][0]
    assert list(check) == COLUMNS
    assert {check["outcome"] for check in document["checks"]} == {"passed", "skipped"}


def test_the_verdict_on_a_topic_is_data(axon):
    done = axon("conformance", "memory", "--topic", "locks", "--topic", "sharing", "--format", "json")
    document = json.loads(done.stdout)
    locks, sharing = document["topics"]["locks"], document["topics"]["sharing"]
    assert list(locks) == ["status", "passed", "failed", "skipped", "advice", "verdict"]
    outcomes = [check["outcome"] for check in document["checks"] if check["topic"] == "locks"]
    assert (locks["status"], locks["failed"], locks["advice"]) == ("passed", 0, [])
    assert (locks["passed"], locks["skipped"]) == (outcomes.count("passed"), outcomes.count("skipped"))
    assert locks["passed"] > 0
    assert locks["verdict"].startswith(f"kept, {locks['passed']} checks")
    assert (sharing["status"], sharing["passed"], sharing["skipped"]) == ("skipped", 0, 5)
    assert document["capabilities"]["shared"]["status"] == "skipped"


def test_what_failed_is_data_with_what_to_look_at(axon, folder):
    (folder / "empty").mkdir()
    (folder / "kit.json").write_text('{"settings": {"folder": "empty"}, "unreachable": {"folder": "shelf"}}')
    done = axon("conformance", "shelf", "--settings", "kit.json", "--topic", "errors", "--format", "json")
    document = json.loads(done.stdout)
    errors = document["topics"]["errors"]
    assert (document["ok"], errors["status"], errors["failed"]) == (False, "failed", len(document["checks"]))
    advice = {check["advice"] for check in document["checks"]}
    assert set(errors["advice"]) == advice
    assert len(errors["advice"]) == len(advice) < len(document["checks"])


class TestWhatIsDoneAndNotDeclared:
    """Of the shelf, whose entries outlive it, and are seen by other processes."""

    ARGUMENTS = ("conformance", "shelf", "--settings", "kit.toml", "--topic", "capabilities")

    @pytest.fixture
    def described(self, folder):
        (folder / "kit.toml").write_text("[settings]\nfolder = '{tmp_path}'\n")

    def test_is_a_verdict_and_in_the_conclusion(self, axon, described):
        done = axon(*self.ARGUMENTS)
        assert done.exit_code == 0, done.stdout
        lines = done.stdout.splitlines()
        told = "done but not declared: add Capability.PERSISTENCE to the spec, if a restart keeps it too"
        assert f"persistence    {told}" in lines
        assert [line for line in lines if line.startswith("capabilities  kept, ") and "done but not declared" in line]
        assert lines[-1].startswith("shelf keeps the contract in all ")
        assert lines[-1].endswith("; done but not declared: persistence, shared")

    def test_is_data(self, axon, described):
        document = json.loads(axon(*self.ARGUMENTS, "--format", "json").stdout)
        assert document["undeclared"] == ["persistence", "shared"]
        found = document["capabilities"]["shared"]
        assert (found["status"], found["advice"]) == ("skipped", [found["verdict"]])
        assert found["verdict"] == "done but not declared: add Capability.SHARED to the spec"
        assert document["topics"]["capabilities"]["status"] == "passed"
        by_name = {check["name"]: check["undeclared"] for check in document["checks"]}
        assert by_name["capabilities_of_sharing_are_declared"] == "shared"
        assert by_name["capabilities_of_ttl_are_declared"] is None


def test_which_way_a_batch_with_a_bad_entry_went(axon):
    sentence = "of a batch with what is no entry, none of the others is written"
    done = axon("conformance", "memory", "--topic", "batches")
    assert f"3 noted: {sentence}" in done.stdout
    document = json.loads(axon("conformance", "memory", "--topic", "batches", "--format", "json").stdout)
    noted = {note["note"]: note["checks"] for note in document["notes"]}
    assert len(noted) == 2
    assert len(noted[sentence]) == 3
    by_name = {check["name"]: check["notes"] for check in document["checks"]}
    assert by_name[noted[sentence][0]] == [sentence]
    assert by_name["batches_take_tuples_too"] == []


def test_a_failure_is_told_and_is_an_exit_code(axon, folder):
    (folder / "empty").mkdir()
    (folder / "kit.toml").write_text(
        "[settings]\nfolder = 'empty'\n[unreachable]\nfolder = 'shelf'\n"
    )  # the store answers, so no error comes
    done = axon("conformance", "shelf", "--settings", "kit.toml", "--topic", "errors")
    assert done.exit_code == 1
    assert "what came back:" in done.stdout
    assert "breaks the contract in" in done.stdout


def test_what_was_not_looked_at_and_what_would_let_it(axon, folder):
    (folder / "kit.toml").write_text('[settings]\npath = "{tmp_path}"\n')
    done = axon("conformance", "vector", "--settings", "kit.toml", "--topic", "errors", "--topic", "format")
    told = [line for line in done.stdout.splitlines() if line.startswith("not looked at: ")]
    let = "to have it looked at, give --settings FILE with"
    assert told == [
        f"not looked at: format; {let} golden, a folder that an earlier version filled",
        f"not looked at: errors; {let} [unreachable], settings with which no store answers",
    ]
    assert "not looked at" not in axon("conformance", "memory", "--topic", "expiry", "--topic", "sharing").stdout


def test_settings_from_a_file(axon, folder):
    (folder / "kit.toml").write_text('[settings]\npath = "{tmp_path}"\n')
    done = axon("conformance", "vector", "--settings", "kit.toml", "--topic", "packaging")
    assert done.exit_code == 0


def test_a_file_that_is_wrong(axon, folder):
    (folder / "kit.toml").write_text('path = "x"\nunreachable = 1\n')
    done = axon("conformance", "vector", "--settings", "kit.toml")
    assert done.exit_code == 2
    assert "unknown key 'path'" in done.stderr
    assert "expected a table, got 1 @ kit.toml.unreachable" in done.stderr


def test_settings_that_make_no_adapter_are_told_once(axon):
    done = axon("conformance", "shelf")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "folder" in done.stderr


def test_an_unknown_topic(axon):
    done = axon("conformance", "memory", "--topic", "expiri")
    assert done.exit_code == 2
    assert "did you mean 'expiry'" in done.stderr


def test_a_golden_folder(axon, folder):
    (folder / "kit.toml").write_text('golden = "golden"\n[settings]\npath = "{tmp_path}"\n')
    assert axon("conformance", "vector", "--settings", "kit.toml", "--write-golden", "golden").exit_code == 0
    done = axon("conformance", "vector", "--settings", "kit.toml", "--topic", "format")
    assert "format  kept, 1 check" in done.stdout


def test_in_a_process_of_its_own(process):
    done = process("conformance", "memory", "--topic", "capabilities")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
