"""A command that was interrupted goes on, runs replace those of their kind, and two are compared."""

from __future__ import annotations

import pytest
from benchmarks import agreement, parts, results
from benchmarks.figure import Figure
from benchmarks.unfinished import Unfinished

WANTED = {"state": "a", "parts": ["verbs", "recall"], "full": False}


def run(*figures: Figure, machine: str = "one", **more):
    return {
        "began": "2026-01-02T03:04:05+00:00",
        "seconds": 1.5,
        "commit": "a",
        "machine": {"processor": machine},
        "versions": {"Axon": {"numpy": "2"}, "peers": {"numpy": "1"}},
        "notes": ["A note."],
        "figures": [figure.as_json() for figure in figures],
    } | more


def result(*figures: Figure, **more):
    return {"about": "It.", "main": run(*figures, **more)}


class TestInterrupted:
    def test_what_is_done_is_not_measured_again(self, tmp_path):
        Unfinished(WANTED, tmp_path / "run").keep("verbs", "main", {"seconds": 1})
        again = Unfinished(WANTED, tmp_path / "run")
        assert again.run("verbs", "main") == {"seconds": 1}
        assert again.run("verbs", "full") is None
        assert again.run("recall", "main") is None

    @pytest.mark.parametrize("other", [{"state": "b"}, {"full": True}, {"parts": ["verbs"]}, {"peers": "2"}])
    def test_another_command_begins_anew(self, tmp_path, other):
        Unfinished(WANTED, tmp_path / "run").keep("verbs", "main", {"seconds": 1})
        assert Unfinished(WANTED | other, tmp_path / "run").run("verbs", "main") is None

    def test_where_nothing_tells_the_state_each_begins_anew(self, tmp_path):
        Unfinished(WANTED | {"state": ""}, tmp_path).keep("verbs", "main", {"seconds": 1})
        assert Unfinished(WANTED | {"state": ""}, tmp_path).run("verbs", "main") is None

    def test_commands_at_the_same_time_leave_each_other_alone(self, tmp_path):
        one, other = Unfinished(WANTED, tmp_path), Unfinished(WANTED | {"parts": ["recall"]}, tmp_path)
        one.keep("verbs", "main", {"seconds": 1})
        other.drop()
        assert Unfinished(WANTED, tmp_path).run("verbs", "main") == {"seconds": 1}

    def test_one_that_goes_on_while_another_state_is_measured_can_keep_what_it_finds(self, tmp_path):
        one = Unfinished(WANTED, tmp_path)
        one.keep("verbs", "main", {"seconds": 1})
        Unfinished(WANTED | {"state": "b"}, tmp_path)
        one.keep("recall", "main", {"seconds": 2})
        assert Unfinished(WANTED, tmp_path).run("recall", "main") == {"seconds": 2}

    def test_a_part_whose_result_cannot_be_kept_whole_is_not_there(self, tmp_path):
        unfinished = Unfinished(WANTED, tmp_path)
        with pytest.raises(TypeError):
            unfinished.keep("verbs", "main", {"seconds": object()})
        assert unfinished.run("verbs", "main") is None

    def test_commands_that_are_over_or_cannot_go_on_leave_nothing(self, tmp_path):
        Unfinished(WANTED | {"state": "b"}, tmp_path).keep("verbs", "main", {})
        unfinished = Unfinished(WANTED, tmp_path)
        unfinished.keep("verbs", "main", {})
        unfinished.drop()
        assert list(tmp_path.iterdir()) == []


class TestMerged:
    def test_a_new_run_has_what_is_compared_of_the_one_before(self):
        figures = [Figure("a", [1, 2, 3]), Figure("time", [4], unit="ms")]
        figures += [Figure("get", [took], unit="ms", who=who) for who, took in (("Axon", 2), ("other", 1))]
        old = {
            "verbs": result(*figures, Figure("get", [9], unit="ms", who="third", bar=8), commit="x", began="then"),
            "recall": result(Figure("b", [1])),
        }
        merged = results.merged(old, {"verbs": result(Figure("a", [5]))})
        assert results.figures(merged["verbs"]) == [Figure("a", [5])]
        shares = {"get: Axon against other": 2, "get: Axon against third": 2 / 9}
        compared = {"a": 2, "time": 4, "get: third": 9} | shares
        assert merged["verbs"]["main"]["before"] == {"commit": "x", "began": "then", "compared": compared}
        assert merged["recall"] == old["recall"]

    def test_those_of_another_machine_are_none_of_before(self):
        merged = results.merged({"verbs": result(Figure("a", [1]), machine="two")}, {"verbs": result(Figure("a", [5]))})
        assert "before" not in merged["verbs"]["main"]

    def test_a_run_of_the_other_kind_stays_with_all_that_belongs_to_it(self):
        whole = run(
            Figure("a million", [7]), commit="old", began="then", notes=["Whole."], versions={"Axon": {}, "peers": {}}
        )
        merged = results.merged({"verbs": result(Figure("a", [1])) | {"full": whole}}, {"verbs": result(commit="new")})
        assert results.runs(merged["verbs"])[1] == ("full", whole)
        assert merged["verbs"]["main"]["commit"] == "new"
        assert merged["verbs"]["main"]["versions"]["peers"] == {"numpy": "1"}
        assert results.notes(merged["verbs"]) == ["A note.", "Whole."]

    def test_the_short_run_is_told_first_whichever_was_measured_first(self):
        short, whole = {"verbs": result()}, {"verbs": {"about": "It.", "full": run(Figure("b", [1]))}}
        for merged in (results.merged(short, whole), results.merged(whole, short)):
            assert list(merged["verbs"]) == ["about", "main", "full"]
            assert [kind for kind, _ in results.runs(merged["verbs"])] == ["main", "full"]

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

    def test_where_they_were_measured_on_something_else_is_told_first(self):
        versions = {"Axon": {"numpy": "2"}, "peers": {"numpy": "1.5", "faiss": "3"}}
        other = {"verbs": result(machine="two", versions=versions), "recall": result(machine="two", versions=versions)}
        first = agreement.told({"verbs": result(), "recall": result()}, other).splitlines()[0]
        differences = "processor one and two, numpy of the others 1 and 1.5, faiss of the others none and 3"
        assert first == f"not measured on the same: {differences}"

    def test_runs_of_different_kinds_are_not_compared(self):
        one = {"verbs": result(Figure("a", [1]), commit="x")}
        assert agreement.pairs(one, {"verbs": {"about": "It.", "full": run(Figure("a", [2]))}}) == []
        (pair,) = agreement.pairs(one, {"verbs": result(Figure("a", [2]), commit="y")})
        assert (pair.first, pair.second, pair.commits, pair.apart) == (1, 2, ("x", "y"), 1)

    def test_what_only_one_has_is_not_compared(self):
        one = {"verbs": result(Figure("a", [1])), "recall": result(Figure("b", [1]))}
        assert agreement.pairs(one, {"verbs": result(Figure("c", [1]))}) == []

    def test_each_run_is_compared_with_the_one_before_it(self):
        old = {"verbs": result(Figure("a", [2]), commit="x") | {"full": run(Figure("b", [4]), commit="y")}}
        new = {"verbs": result(Figure("a", [3]), commit="z")}
        assert agreement.since_before(old) == []
        assert agreement.since_before(results.merged(old, new)) == [agreement.Pair("verbs", "a", 2, 3, ("x", "z"))]

    def test_times_are_compared_with_those_of_the_run_before(self):
        old = {"verbs": result(Figure("time", [2], unit="ms"), commit="x")}
        merged = results.merged(old, {"verbs": result(Figure("time", [3], unit="ms"), commit="z")})
        assert agreement.since_before(merged) == [agreement.Pair("verbs", "time", 2, 3, ("x", "z"))]

    @pytest.mark.parametrize(
        ("first", "second", "apart"),
        [(2, 3, "50 %"), (3, 2, "50 %"), (2, 2, "0 %"), (0, 0, "0 %"), (0, 1, "one is 0"), (-1, 1, "200 %")],
    )
    def test_how_far_two_runs_are_apart_is_a_share_of_the_smaller_one(self, first, second, apart):
        assert agreement.Pair("verbs", "a", first, second, ("x", "z")).apart_shown == apart


def test_machines_are_told_each_once():
    both = result() | {"full": run(machine="two")}
    machines = results.machines({"verbs": result(machine="two"), "store": both, "recall": result()})
    assert machines == [{"processor": "two"}, {"processor": "one"}]


def test_an_unknown_part_is_told_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no part 'verb'; there are: verbs, recall"):
        parts.chosen(["verb"], full=False)


def test_parts_run_in_their_order():
    assert parts.chosen(["recall", "vectors"], full=False) == ["recall", "vectors"]
    assert parts.chosen(["vectors", "recall"], full=True) == ["recall", "vectors"]
