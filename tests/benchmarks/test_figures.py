"""What is told of figures: whether a bar is met, and whose is how many times another one's."""

from __future__ import annotations

import pytest
from benchmarks.beside import Ahead, ahead, comparisons, ratios
from benchmarks.figure import Figure


def rates(who: str, *rounds: float, at: int = 1, more: bool = True) -> Figure:
    return Figure("get", rounds, unit="calls/s", who=who, at=at, more_is_better=more)


@pytest.mark.parametrize(
    ("rounds", "bar", "more", "met"),
    [
        ([2, 9, 3], 3, True, True),
        ([2, 9, 2.9], 3, True, False),
        ([2, 9, 3], 3, False, True),
        ([3.1, 9, 1], 3, False, False),
        ([0], 0, False, True),
        ([1], None, True, None),
    ],
)
def test_a_bar_is_met_by_the_median(rounds, bar, more, met):
    figure = Figure("a", rounds, bar=bar, more_is_better=more)
    assert figure.met is met
    assert ("MISSED" in str(figure)) is (met is False)


@pytest.mark.parametrize(
    ("number", "other", "verdict"),
    [(3, None, "met"), (3, 2, "met"), (3, 1, "**met / missed**"), (1, None, "**missed**"), (1, 2, "**missed / met**")],
)
def test_a_verdict_that_another_run_contradicts_is_told(number, other, verdict):
    assert Figure("a", [number], bar=2).verdict(other) == verdict
    assert Figure("a", [number]).verdict(other) == ""


def test_the_spread_is_half_the_distance_by_the_median():
    assert Figure("a", [8, 10, 11, 12, 10]).spread == 0.2
    assert Figure("a", [10]).spread is None
    assert Figure("a", [-1, 0, 1]).spread is None


def test_others_are_compared_with_the_first_round_by_round():
    (comparison,) = comparisons([rates("Axon", 10, 40), rates("other", 5, 10), Figure("alone", [1])])
    assert comparison.ours == "Axon"
    assert comparison.times_better("other", 1) == (2, 4)
    assert comparison.times_better("nobody", 1) == ()


def test_less_may_be_better():
    (comparison,) = comparisons([rates("Axon", 10, more=False), rates("other", 5, more=False)])
    assert comparison.times_better("other", 1) == (0.5,)
    assert ahead(comparison.figures) == [Ahead("get", "Axon", "other", 1, 2.0)]


def test_who_is_ahead_and_where():
    (comparison,) = comparisons(
        [rates("Axon", 10, at=1), rates("Axon", 10, at=64), rates("other", 5, at=1), rates("other", 30, at=64)]
    )
    assert ahead(comparison.figures) == [Ahead("get", "Axon", "other", 64, 3.0)]


def test_who_is_ahead_is_told_of_each_of_ours_but_those_with_options_whoever_is_the_first():
    (comparison,) = comparisons(
        [rates("other", 10), rates("Axon's store", 8), rates("Axon's store, int8", 1), rates("Axon in memory", 20)]
    )
    assert ahead(comparison.figures) == [Ahead("get", "Axon's store", "other", 1, 1.25)]


def test_a_contender_without_a_figure_in_one_place_is_compared_in_the_others():
    (comparison,) = comparisons([rates("Axon", 10, at=1), rates("Axon", 10, at=64), rates("other", 5, at=1)])
    assert comparison.times_better("other", 64) == ()
    assert comparison.places == [1, 64]


def test_who_is_below_something_is_told_with_all_that_it_has():
    (comparison,) = comparisons([rates("a", 0.9, at=2), rates("a", 1, at=1), rates("b", 1, at=1), rates("c", 0, at=2)])
    assert comparison.below(0.99) == {"a": [1, 0.9], "c": [0]}


def test_ratios_are_those_without_a_unit_and_those_of_contenders():
    found = ratios([Figure("a share", [3]), Figure("a time", [3], unit="ms"), rates("Axon", 8), rates("other", 4)])
    assert found == {"a share": 3, "get, 1: Axon against other": 2}


def test_a_figure_is_the_same_after_json():
    figure = Figure("a", [1, 2], unit="ms", bar=3, more_is_better=False, who="b", at=4)
    assert Figure(**figure.as_json()) == figure
