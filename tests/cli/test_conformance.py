"""``axon conformance``."""

from __future__ import annotations

import json

from axon.testing.examination import every_check

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
    assert document["adapter"] == "memory"
    assert set(document["topics"]) == {"locks"}
    assert set(document["capabilities"]) == {"locks", "shared"}
    check = document["checks"][0]
    assert check.keys() == {"name", "topic", "outcome", "contract", "message", "seconds"}
    assert {check["outcome"] for check in document["checks"]} == {"passed", "skipped"}


def test_a_failure_is_told_and_is_an_exit_code(axon, folder):
    (folder / "empty").mkdir()
    (folder / "kit.toml").write_text(
        "[settings]\nfolder = 'empty'\n[unreachable]\nfolder = 'shelf'\n"
    )  # the store answers, so no error comes
    done = axon("conformance", "shelf", "--settings", "kit.toml", "--topic", "errors")
    assert done.exit_code == 1
    assert "what came back:" in done.stdout
    assert "breaks the contract in" in done.stdout


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
