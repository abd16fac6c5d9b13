"""The page of the documentation says what the results say, and where another is ahead."""

from __future__ import annotations

import pytest
from benchmarks import results
from benchmarks.causes import cause
from benchmarks.figure import Figure
from benchmarks.page import FOLDER, PAGE, page
from benchmarks.parts import PARTS


def of(*figures: Figure, **more):
    return {
        "about": "What it does.",
        "began": "2026-01-02T03:04:05+00:00",
        "seconds": 1.5,
        "full": False,
        "commit": "abc",
        "machine": {"processor": "one"},
        "versions": {"numpy": "2"},
        "figures": [figure.as_json() for figure in figures],
        "notes": ["A note."],
    } | more


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_every_bar_is_told_as_met_or_missed():
    written = page({"verbs": of(Figure("a", [3], bar=2), Figure("b", [1, 1.5, 2], bar=2, unit="ms"))}, ())
    bars = section(written, "All bars")
    assert "1 of 2 are met" in bars
    assert "| a | 3.00 | at least 2 | met |" in bars
    assert "| b | 1.50 ms (1.00 to 2.00) | at least 2 | **missed**" in bars


def test_another_who_is_ahead_is_told_plainly():
    figures = [Figure("get", [rate], unit="calls/s", who=who, at=1) for who, rate in (("Axon", 10), ("other", 25))]
    written = page({"throughput": of(*figures)}, ())
    assert "- get: **other**, 2.50 times at 1" in section(written, "Where others are ahead")
    assert "| other | 25.00 (0.400) |" in section(written, "Throughput, by tasks")


def test_where_nobody_is_ahead_that_is_told():
    figures = [Figure("get", [rate], unit="calls/s", who=who, at=1) for who, rate in (("Axon", 10), ("Axon too", 25))]
    assert "Nowhere" in section(page({"throughput": of(*figures)}, ()), "Where others are ahead")


def test_two_runs_that_are_wide_apart_are_told():
    figures = [Figure("near", [1.1], bar=1), Figure("far", [2], bar=1), Figure("time", [9], unit="ms")]
    before = {"near": 1.0, "far": 1.0, "time": 1.0}
    runs = section(page({"verbs": of(*figures, before=before)}, ()), "Two runs")
    assert "1 of 2 ratios" in runs
    assert "far | 1.00 | 2.00 | 100% |" in runs
    assert "near" not in runs


def test_a_part_has_its_notes_its_pictures_and_the_command():
    some = section(
        page({"footprint": of(Figure("import", [1], unit="ms", who="Axon"))}, {"imports"}), "Memory and imports"
    )
    assert "What it does." in some
    assert "- A note." in some
    assert "](benchmarks/imports.svg)" in some
    assert "(benchmarks/memory.svg)" not in some
    assert "--only footprint`" in some


@pytest.mark.parametrize("part", PARTS)
def test_a_part_may_be_missing(part):
    assert page({part: of()}, ())


class TestOfTheDocumentation:
    def test_it_is_what_the_results_make(self):
        drawn = {file.stem for file in FOLDER.glob("*.svg")}
        assert PAGE.read_text(encoding="utf-8") == page(results.read(), drawn), "run: make bench"

    def test_it_has_every_part(self):
        assert results.read().keys() == set(PARTS)

    def test_of_every_missed_bar_the_cause_is_told(self):
        missed = [
            (part, figure.name)
            for part, result in results.read().items()
            for figure in results.figures(result)
            if figure.met is False
        ]
        assert [each for each in missed if not cause(*each)] == []
