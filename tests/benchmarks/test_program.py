"""What ``python -m benchmarks`` does where a part fails, where it is interrupted, and with files that are not there."""

from __future__ import annotations

import json
from types import SimpleNamespace

import benchmarks.__main__ as program
import pytest
from benchmarks import parts, results
from benchmarks.figure import Figure


class Stub:
    """A part that measures nothing; ``full`` where there is one."""

    def __init__(self, name: str, *, full: bool = False) -> None:
        self.__doc__ = f"About {name}.\n\nAnd more."
        self.calls: list[str] = []
        self.error: BaseException | None = None
        if full:
            self.full = lambda report: self._measure(report, "full")

    def main(self, report) -> None:
        self._measure(report, "main")

    def _measure(self, report, kind: str) -> None:
        self.calls.append(kind)
        if self.error is not None:
            raise self.error
        report.add(Figure(f"a ratio of {kind}", [len(self.calls)], bar=1))
        report.note(f"A note of {kind}.")


@pytest.fixture
def stubs(tmp_path, monkeypatch):
    """Two parts, the second one with ``full``, and places of their own for all that is written."""
    stubs = SimpleNamespace(verbs=Stub("verbs"), store=Stub("store", full=True))
    monkeypatch.setattr(parts, "module_of", lambda part: getattr(stubs, part))
    monkeypatch.setattr(program, "FOLDER", tmp_path / "unfinished")
    monkeypatch.setattr(program.machine, "state", lambda: "a state")
    monkeypatch.setattr(program.machine, "commit", lambda: "a commit")
    return stubs


ONLY = ["--only", "verbs,store"]


def test_a_part_that_fails_loses_no_other(stubs, tmp_path, capsys):
    stubs.verbs.error = ZeroDivisionError("of verbs")
    file = tmp_path / "results.json"
    assert program.main([*ONLY, "--json", str(file)]) == 1
    assert results.read(file).keys() == {"store"}
    told = capsys.readouterr()
    assert "ZeroDivisionError: of verbs" in told.err
    assert "1 of 1 bars are met" in told.out
    assert told.out.splitlines()[-1].startswith("Failed, for the reasons above: verbs.")


def test_after_a_failure_the_same_command_measures_only_what_failed(stubs, tmp_path):
    stubs.verbs.error = ZeroDivisionError()
    program.main(ONLY)
    stubs.verbs.error = None
    assert program.main(ONLY) == 0
    assert (stubs.verbs.calls, stubs.store.calls) == (["main", "main"], ["main"])
    assert program.main(ONLY) == 0
    assert (stubs.verbs.calls, stubs.store.calls) == (["main"] * 3, ["main"] * 2)


def test_a_whole_run_that_fails_keeps_the_short_one(stubs, tmp_path, monkeypatch):
    def fail(report):
        raise ZeroDivisionError

    monkeypatch.setattr(stubs.store, "full", fail)
    file = tmp_path / "results.json"
    assert program.main([*ONLY, "--full", "--json", str(file)]) == 1
    assert [kind for kind, _ in results.runs(results.read(file)["store"])] == ["main"]


def test_an_interrupted_command_goes_on(stubs, tmp_path, capsys):
    stubs.store.error = KeyboardInterrupt()
    assert program.main(ONLY) == 130
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "Interrupted. The same command goes on where it was."
    assert not told.err
    stubs.store.error = None
    file = tmp_path / "results.json"
    assert program.main([*ONLY, "--json", str(file)]) == 0
    assert (stubs.verbs.calls, stubs.store.calls) == (["main"], ["main", "main"])
    assert results.read(file).keys() == {"verbs", "store"}
    assert "verbs: About verbs." in capsys.readouterr().out


@pytest.mark.parametrize("changed", ["python", "peers", "state"])
def test_on_something_else_it_begins_anew(stubs, monkeypatch, capsys, changed):
    stubs.store.error = KeyboardInterrupt()
    program.main(ONLY)
    if changed == "python":
        monkeypatch.setattr(program.machine, "machine", lambda: {"python": "3.99"})
    elif changed == "peers":
        monkeypatch.setattr(program.peers, "requirements", lambda: "others")
    else:
        monkeypatch.setattr(program.machine, "state", lambda: "another state")
    capsys.readouterr()
    program.main(ONLY)
    assert stubs.verbs.calls == ["main", "main"]
    dropped = "What an earlier command has measured of verbs is dropped: the code has changed since."
    assert (dropped in capsys.readouterr().out.splitlines()) is (changed == "state")


def test_outside_a_repository_an_interrupted_command_does_not_go_on(stubs, monkeypatch, capsys):
    monkeypatch.setattr(program.machine, "state", lambda: "")
    stubs.store.error = KeyboardInterrupt()
    program.main(ONLY)
    assert "begins anew" in capsys.readouterr().out
    program.main(ONLY)
    assert "of verbs is dropped: outside a repository" in capsys.readouterr().out
    assert stubs.verbs.calls == ["main", "main"]


def test_what_was_measured_is_not_lost_where_it_cannot_be_written(stubs, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError("no space")

    command = [*ONLY, "--json", str(tmp_path / "results.json")]
    with monkeypatch.context() as patched:
        patched.setattr(results, "write", full)
        assert program.main(command) == 1
    said = "The results could not be written: no space. The same command goes on where it was.\n"
    assert capsys.readouterr().err == said
    assert program.main(command) == 0
    assert stubs.verbs.calls == ["main"]


def test_a_short_and_a_whole_run_are_two(stubs, tmp_path):
    file = tmp_path / "results.json"
    program.main(["--only", "store", "--full", "--json", str(file)])
    found = results.read(file)["store"]
    assert found["about"] == "About store.\n\nAnd more."
    assert found["main"]["notes"] == ["A note of main."]
    assert found["full"]["notes"] == ["A note of full."]
    assert [figure["name"] for figure in found["full"]["figures"]] == ["a ratio of full"]
    assert found["full"]["versions"]["peers"] == {}
    assert "axon-core" in found["full"]["versions"]["Axon"]


def test_results_come_before_the_page(stubs, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(results, "read", dict)
    monkeypatch.setattr(results, "write", lambda found: written.append(("results", set(found))))
    monkeypatch.setattr(program, "write_page", lambda found: written.append(("page", set(found))))
    assert program.main([*ONLY, "--page"]) == 0
    assert written == [("results", {"verbs", "store"}), ("page", {"verbs", "store"})]


@pytest.mark.parametrize(
    "words", [["verbs,store"], ["verbs, store"], ["verbs,", "store"], ["verbs", "store"], [" verbs , ,store "]]
)
def test_parts_have_commas_or_spaces_between_them(stubs, words):
    assert program.main(["--only", *words]) == 0
    assert (stubs.verbs.calls, stubs.store.calls) == (["main"], ["main"])


def test_the_check_of_a_file_leaves_it_as_it_was(stubs, tmp_path):
    stubs.verbs.error = KeyboardInterrupt()
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text("old", encoding="utf-8")
    for file in (old, new):
        assert program.main([*ONLY, "--json", str(file)]) == 130
    assert old.read_text(encoding="utf-8") == "old"
    assert not new.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--json", "{}/none/results.json"], "results.json cannot be written"),
        (["--json", "."], ". cannot be written"),
        (["--json", "/proc/results.json"], "/proc/results.json cannot be written"),
        (["--only", "verb"], "no part 'verb'"),
        (["--only", ", "], "--only names no part; there are: "),
        (["--compare", "{}/one.json", "{}/two.json"], "there is no file"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_measured(stubs, tmp_path, capsys, words, told):
    with pytest.raises(SystemExit) as stopped:
        program.main([*ONLY, *(word.format(tmp_path) for word in words)])
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err
    assert not stubs.verbs.calls


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"verbs": {"about": "It.", "full": True, "figures": []}})])
def test_a_file_that_holds_no_results_is_not_compared(tmp_path, capsys, text):
    file = tmp_path / "results.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        program.main(["--compare", str(file), str(file)])
    assert stopped.value.code == 2
    assert "holds no results" in capsys.readouterr().err


def test_two_runs_are_compared(stubs, tmp_path, capsys):
    for part in ("verbs", "store"):
        program.main(["--only", part, "--json", str(tmp_path / f"{part}.json")])
    capsys.readouterr()
    files = {part: str(tmp_path / f"{part}.json") for part in ("verbs", "store")}
    assert program.main(["--compare", files["verbs"], files["verbs"]]) == 0
    assert capsys.readouterr().out == "1 of 1 ratios agree within 15%\n"
    with pytest.raises(SystemExit) as stopped:
        program.main(["--compare", files["verbs"], files["store"]])
    assert stopped.value.code == 2
    assert "no ratio in common" in capsys.readouterr().err
