"""What is told of figures: whether a bar is met, and whose is how many times another one's."""

from __future__ import annotations

import pytest
from benchmarks.beside import comparisons, ratios
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


def test_others_are_compared_with_the_first_round_by_round():
    (comparison,) = comparisons([rates("Axon", 10, 40), rates("other", 5, 10), Figure("alone", [1])])
    assert comparison.ours == "Axon"
    assert comparison.times_better("other", 1) == (2, 4)
    assert comparison.times_better("nobody", 1) == ()


def test_less_may_be_better():
    (comparison,) = comparisons([rates("Axon", 10, more=False), rates("other", 5, more=False)])
    assert comparison.times_better("other", 1) == (0.5,)
    assert comparison.ahead() == [("other", 1, 2.0)]


def test_who_is_ahead_and_where():
    (comparison,) = comparisons(
        [rates("Axon", 10, at=1), rates("Axon", 10, at=64), rates("other", 5, at=1), rates("other", 30, at=64)]
    )
    assert comparison.ahead() == [("other", 64, 3.0)]


def test_a_contender_without_a_figure_in_one_place_is_compared_in_the_others():
    (comparison,) = comparisons([rates("Axon", 10, at=1), rates("Axon", 10, at=64), rates("other", 5, at=1)])
    assert comparison.times_better("other", 64) == ()
    assert comparison.places == [1, 64]


def test_ratios_are_those_without_a_unit_and_those_of_contenders():
    found = ratios([Figure("a share", [3]), Figure("a time", [3], unit="ms"), rates("Axon", 8), rates("other", 4)])
    assert found == {"a share": 3, "get, 1: Axon against other": 2}


def test_a_figure_is_the_same_after_json():
    figure = Figure("a", [1, 2], unit="ms", bar=3, more_is_better=False, who="b", at=4)
    assert Figure(**figure.as_json()) == figure
