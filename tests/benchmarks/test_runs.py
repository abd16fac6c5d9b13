"""A run that was interrupted goes on, its results replace those of before, and two runs are compared."""

from __future__ import annotations

import pytest
from benchmarks import agreement, parts, results
from benchmarks.figure import Figure
from benchmarks.unfinished import Unfinished

WANTED = {"commit": "a", "parts": ["verbs", "recall"], "full": False}


def result(*figures: Figure, full: bool = False, machine: str = "one"):
    return {
        "about": "It.",
        "began": "2026-01-02T03:04:05+00:00",
        "seconds": 1.5,
        "full": full,
        "commit": "a",
        "machine": {"processor": machine},
        "versions": {},
        "figures": [figure.as_json() for figure in figures],
        "notes": ["A note."],
    }


class TestInterrupted:
    def test_what_is_done_is_not_measured_again(self, tmp_path):
        Unfinished(WANTED, tmp_path / "run").keep("verbs", {"seconds": 1})
        again = Unfinished(WANTED, tmp_path / "run")
        assert again.result("verbs") == {"seconds": 1}
        assert again.result("recall") is None

    @pytest.mark.parametrize("other", [{"commit": "b"}, {"full": True}, {"parts": ["verbs"]}])
    def test_another_run_begins_anew(self, tmp_path, other):
        Unfinished(WANTED, tmp_path / "run").keep("verbs", {"seconds": 1})
        assert Unfinished(WANTED | other, tmp_path / "run").result("verbs") is None

    def test_runs_at_the_same_time_leave_each_other_alone(self, tmp_path):
        one, other = Unfinished(WANTED, tmp_path), Unfinished(WANTED | {"parts": ["recall"]}, tmp_path)
        one.keep("verbs", {"seconds": 1})
        other.drop()
        assert Unfinished(WANTED, tmp_path).result("verbs") == {"seconds": 1}

    def test_a_part_whose_result_cannot_be_kept_whole_is_not_there(self, tmp_path):
        run = Unfinished(WANTED, tmp_path)
        with pytest.raises(TypeError):
            run.keep("verbs", {"seconds": object()})
        assert run.result("verbs") is None

    def test_runs_that_are_over_or_cannot_go_on_leave_nothing(self, tmp_path):
        Unfinished(WANTED | {"commit": "b"}, tmp_path).keep("verbs", {})
        run = Unfinished(WANTED, tmp_path)
        run.keep("verbs", {})
        run.drop()
        assert list(tmp_path.iterdir()) == []


class TestMerged:
    def test_a_new_result_has_the_medians_of_before(self):
        old = {"verbs": result(Figure("a", [1, 2, 3])), "recall": result(Figure("b", [1]))}
        merged = results.merged(old, {"verbs": result(Figure("a", [5]))})
        assert results.figures(merged["verbs"]) == [Figure("a", [5])]
        assert merged["verbs"]["before"] == {"a": 2}
        assert merged["recall"] == old["recall"]

    def test_those_of_another_machine_are_no_medians_of_before(self):
        merged = results.merged({"verbs": result(Figure("a", [1]), machine="two")}, {"verbs": result(Figure("a", [5]))})
        assert "before" not in merged["verbs"]

    def test_a_short_run_leaves_what_only_the_whole_one_measures(self):
        old = {"verbs": result(Figure("a", [1]), Figure("a million", [7]), full=True)}
        merged = results.merged(old, {"verbs": result(Figure("a", [5]))})
        assert results.figures(merged["verbs"]) == [Figure("a", [5]), Figure("a million", [7])]

    def test_a_file_holds_what_was_written(self, tmp_path):
        found = {"verbs": result(Figure("a", [1], unit="ms", bar=2)), "recall": result()}
        results.write(found, tmp_path / "results.json")
        assert results.read(tmp_path / "results.json") == found
        assert results.read(tmp_path / "none.json") == {}


class TestAgreement:
    def test_what_is_wide_apart_is_told(self):
        one = {"verbs": result(Figure("near", [1.0]), Figure("far", [2.0]), Figure("time", [1], unit="ms"))}
        other = {"verbs": result(Figure("near", [1.1]), Figure("far", [1.0]), Figure("time", [9], unit="ms"))}
        told = agreement.told(one, other)
        assert told.splitlines()[0] == "1 of 2 ratios agree within 15%"
        assert "verbs: far: 2.00, 1.00" in told
        assert "near" not in told

    def test_what_only_one_has_is_not_compared(self):
        one = {"verbs": result(Figure("a", [1])), "recall": result(Figure("b", [1]))}
        assert agreement.pairs(one, {"verbs": result(Figure("c", [1]))}) == []


def test_an_unknown_part_is_told_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no part 'verb'; there are: verbs, recall"):
        parts.chosen(["verb"], full=False)


def test_parts_run_in_their_order():
    assert parts.chosen(["recall", "vectors"], full=False) == ["recall", "vectors"]
    assert parts.chosen(["vectors", "recall"], full=True) == ["recall", "vectors"]
