"""The page of the documentation says what the results say, and where another is ahead."""

from __future__ import annotations

import re

import pytest
from benchmarks import results
from benchmarks.causes import CAUSES, PROOFS, cause
from benchmarks.figure import Figure
from benchmarks.page import FOLDER, PAGE, page
from benchmarks.parts import PARTS

ROOT = PAGE.parents[1]


def run(*figures: Figure, **more):
    return {
        "began": "2026-01-02T03:04:05+00:00",
        "seconds": 1.5,
        "commit": "abc",
        "machine": {"processor": "one"},
        "versions": {"Axon": {"numpy": "2"}, "peers": {"cashews": "7"}},
        "notes": ["A note."],
        "figures": [figure.as_json() for figure in figures],
    } | more


def of(*figures: Figure, kind: str = "main", **more):
    return {"about": "What it does.", kind: run(*figures, **more)}


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def before(**compared: float):
    return {"commit": "123", "began": "2026-01-01T00:00:00+00:00", "compared": compared}


def rates(**of_whom: float) -> list[Figure]:
    return [Figure("get", [rate], unit="calls/s", who=who, at=1) for who, rate in of_whom.items()]


def test_every_bar_is_told_as_met_or_missed():
    figures = [Figure("a", [3], bar=2), Figure("b", [1, 1.5, 2], bar=2, unit="ms"), Figure("c", [1])]
    bars = section(page({"verbs": of(*figures)}, ()), "All bars")
    assert "1 of 2 are met" in bars
    assert "| a | 3.00 |  | at least 2 | met |" in bars
    assert "| b | 1.50 ms (1.00 to 2.00) |  | at least 2 | **missed** |" in bars
    assert "| c |" not in bars


def test_beside_every_bar_stands_what_the_run_before_found_and_where_its_verdict_was_another():
    figures = [
        Figure("same", [3], unit="ms", bar=2),
        Figure("worse", [1], unit="bytes", bar=2),
        Figure("better", [1], bar=2, more_is_better=False),
        Figure("new", [1], unit="thousand/s", bar=2),
    ]
    then = before(same=4, worse=2, better=5)
    bars = section(page({"store": of(*figures, before=then)}, ()), "All bars")
    assert "| same | 3.00 ms | 4.00 ms | at least 2 | met |" in bars
    assert "| worse | 1.00 bytes | 2.00 bytes | at least 2 | **missed / met** |" in bars
    assert "| better | 1.00 | 5.00 | at most 2 | **met / missed** |" in bars
    assert "| new | 1.00 thousand/s |  | at least 2 | **missed** |" in bars
    assert "3 have one, and of 2 the verdicts differ" in bars


def test_of_an_older_file_that_kept_ratios_alone_they_are_told():
    figures = [Figure("a", [3], bar=2), Figure("b", [3], unit="ms", bar=2)]
    older = {"commit": "123", "began": "2026-01-01T00:00:00+00:00", "ratios": {"a": 1.0}}
    bars = section(page({"store": of(*figures, before=older)}, ()), "All bars")
    assert "| a | 3.00 | 1.00 | at least 2 | **met / missed** |" in bars
    assert "| b | 3.00 ms |  | at least 2 | met |" in bars


def test_a_cause_is_told_once_of_all_that_it_explains():
    figures = [Figure(f"{rows}: delete", [9], bar=1, more_is_better=False) for rows in ("1,000", "10,000")]
    bars = section(page({"store": of(*figures)}, ()), "All bars")
    assert f"*1,000: delete*, *10,000: delete*: {cause('store', '1,000: delete')}." in bars


def test_another_who_is_ahead_is_told_plainly():
    written = page({"throughput": of(*rates(Axon=10, other=25, close=10.2))}, ())
    assert "| get | Axon | **other** 2.50 (1) |" in section(written, "Where others are ahead")
    assert "**close**" not in section(written, "Where others are ahead")
    assert "| other | 25.00 (0.400) |" in section(written, "Throughput, by tasks")


def test_whom_a_ratio_compares_with_is_ahead_where_the_ratio_says_so():
    figures = [
        Figure("a, times redis-py", [0.5], than="redis-py"),
        Figure("b, latency by redis-py's", [4], more_is_better=False, than="redis-py"),
        Figure("c, times redis-py", [4], than="redis-py"),
    ]
    ahead = section(page({"redis_speed": of(*figures)}, ()), "Where others are ahead")
    assert "| a, times redis-py |  | **redis-py** 2.00 |" in ahead
    assert "| b, latency by redis-py's |  | **redis-py** 4.00 |" in ahead
    assert "| c" not in ahead


def test_where_nobody_is_ahead_that_is_told():
    figures = rates(**{"memory.lock": 10, "memory.lock too": 12, "Axon too": 25})
    assert "Nowhere" in section(page({"throughput": of(*figures)}, ()), "Where others are ahead")


def test_two_runs_that_are_wide_apart_are_told():
    figures = [Figure("near", [1.1]), Figure("far", [2]), Figure("farther", [3], unit="ms"), Figure("left", [0.5])]
    then = before(near=1, far=1, farther=1, left=0)
    then["compared"]["get, 1: Axon against other"] = 2
    runs = section(page({"verbs": of(*figures, *rates(Axon=20, other=10), before=then)}, ()), "Two runs")
    assert "2 of 5 agree within 15 %" in runs
    assert "commit `123` of 2026-01-01 and commit `abc` of 2026-01-02" in runs
    assert re.search(r"farther \| 1.00 \| 3.00 \| 200 % \|\n.*far \| 1.00 \| 2.00 \| 100 % \|", runs)
    assert "left | 0.00 | 0.500 | one is 0 |" in runs
    assert "near" not in runs
    assert "only once" not in runs


def test_what_ran_only_once_is_told_by_name():
    store = of(Figure("a", [1]), before=before(a=1)) | {"full": run(Figure("b", [1]), Figure("c", [1]))}
    runs = section(page({"verbs": of(*rates(Axon=20, other=10)), "store": store}, ()), "Two runs")
    assert "1 of 1 agree" in runs
    assert "Saving and getting in memory, `make bench`: 2; The embedded store, `make bench-full`: 2; in all 4." in runs


def test_without_a_run_before_no_agreement_is_told():
    runs = section(page({"verbs": of(Figure("a", [1]))}, ()), "Two runs")
    assert "agree" not in runs
    assert "Ran only once, with so many figures: Saving and getting in memory, `make bench`: 1; in all 1." in runs


def test_a_table_of_several_tells_how_far_the_rounds_are_apart():
    figures = [
        Figure("get", rounds, unit="ms", who=who, at=1, more_is_better=False)
        for who, rounds in {"Axon": [9, 10, 11], "other": [28, 20, 20], "once": [5], "none": [0, 0, 0]}.items()
    ]
    table = section(page({"throughput": of(*figures)}, ()), "Throughput, by tasks")
    assert "| Axon | 10.00 ±10 % |" in table
    assert "| other | 20.00 ±20 % (2.00) |" in table
    assert "| once | 5.00 (0.556) |" in table
    assert "| none | 0.00 (0.00) |" in table


def test_results_of_one_machine_are_told_as_such():
    head = page({"verbs": of(), "churn": of()}, ()).split("## ")[0]
    assert "All runs tell of the same machine: processor one." in head
    assert "Not all of it" not in head


def test_results_of_several_machines_are_told_at_the_head_and_at_each_part():
    growth = of() | {"full": run(machine={"processor": "two"})}
    written = page({"verbs": of(), "growth": growth}, ())
    head = written.split("## ")[0]
    assert "**Not all of it was measured on one machine.**" in head
    assert "- machine 1, processor one: Saving and getting in memory, `make bench`; Growth, `make bench`\n" in head
    assert "- machine 2, processor two: Growth, `make bench-full`\n" in head
    assert "commit `abc`, 2026-01-02, machine 2." in section(written, "Growth")
    assert "commit `abc`, 2026-01-02, machine 1." in section(written, "Saving and getting in memory")


def test_a_part_has_its_notes_its_pictures_and_the_command():
    figures = [Figure("import", [1], unit="ms", who="Axon")]
    some = section(page({"footprint": of(*figures)}, {"first-record"}), "Memory and imports")
    assert "What it does." in some
    assert "- A note." in some
    assert "](benchmarks/first-record.svg)" in some
    assert "(benchmarks/memory.svg)" not in some
    assert some.startswith("\nMeasured by `make bench ONLY=footprint`, in 2 s, commit `abc`, 2026-01-02.\n")
    assert some.count("make bench") == 1


def test_a_part_that_was_measured_whole_too_has_both_commands():
    growth = of(Figure("a", [1])) | {"full": run(Figure("b", [2]), commit="def-dirty") | {"seconds": 200.0}}
    written = page({"growth": growth}, ())
    some = section(written, "Growth")
    assert some.startswith(
        "\nMeasured by `make bench ONLY=growth`, in 2 s, commit `abc`, 2026-01-02; "
        "and by `make bench-full ONLY=growth`, which adds a million entries, in 3 minutes, "
        "commit `def` with uncommitted changes, 2026-01-02.\n"
    )
    assert ("| a |" in some, "| b |" in some) == (True, True)
    assert "`make bench`, 2026-01-02, commit `abc`;" in section(written, "On what")
    assert "`make bench-full`, 2026-01-02, commit `def` with uncommitted changes;" in section(written, "On what")


def test_of_two_versions_none_is_kept_quiet():
    other = {"Axon": {"numpy": "3"}, "peers": {}}
    written = section(page({"verbs": of(), "churn": of(versions=other)}, ()), "On what")
    assert "numpy 2 (Saving and getting in memory, `make bench`) and 3 (A million short-lived entries," in written
    assert "cashews 7." in written


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", results.KINDS)
def test_a_part_may_be_missing(part, kind):
    assert page({part: of(kind=kind)}, ())


@pytest.mark.parametrize("each", CAUSES, ids=lambda each: each.figures[0])
def test_a_cause_tells_nothing_of_particular_runs(each):
    assert not re.search(r"\d[^;]*\bin (the run before|other runs)", each.text)
    assert each.part in PARTS


@pytest.mark.parametrize("test", [test for proof in PROOFS for test in proof.tests])
def test_the_tests_that_prove_bars_exist(test):
    path, _, name = test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


class TestOfTheDocumentation:
    def test_it_is_what_the_results_make(self):
        drawn = {file.stem for file in FOLDER.glob("*.svg")}
        is_it = PAGE.read_text(encoding="utf-8") == page(results.read(), drawn)
        assert is_it, "write it anew, measuring nothing: .venv/bin/python -m benchmarks.page"

    def test_it_has_every_part(self):
        assert results.read().keys() == set(PARTS)

    def test_of_every_missed_bar_the_cause_is_told(self):
        missed = [
            (part, figure.name)
            for part, result in results.read().items()
            for figure in results.figures(result)
            if figure.met is False
        ]
        unexplained = [each for each in missed if not cause(*each)]
        assert unexplained == [], "write why into CAUSES of benchmarks/causes.py, as `make profile` tells it"
