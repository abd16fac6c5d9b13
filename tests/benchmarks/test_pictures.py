"""The pictures show what the figures say: near recalls are apart, who finds few is told, 10 % look like no cliff."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.figure import Figure
from benchmarks.pictures import PICTURES, apart

NAMED = {picture.name: picture for picture in PICTURES}
COLOURS = {"Axon's store": "#0b6e4f", "numpy": "#1f2340", "usearch": "#d81b78", "chroma": "#f2a900"}


def results(part: str, figures: list[Figure]):
    return {part: {"about": "It.", "main": {"figures": [figure.as_json() for figure in figures]}}}


def drawn(name: str, figures: list[Figure], folder: Path) -> str:
    """The picture as SVG, in which a comment tells each text."""
    pytest.importorskip("matplotlib", reason="it comes with requirements-bench.txt")
    assert NAMED[name].drawn(results(NAMED[name].part, figures), folder)
    return (folder / f"{name}.svg").read_text(encoding="utf-8")


def texts(svg: str) -> list[str]:
    return re.findall(r"<!-- (.*) -->", svg)


def heights(svg: str) -> dict[str, float]:
    """How far down the mark of each stands."""
    found = {}
    for who, colour in COLOURS.items():
        (mark,) = re.findall(rf'<use xlink:href="#\w+" x="[\d.]+" y="([\d.]+)" style="fill: {colour}', svg)
        found[who] = float(mark)
    return found


def points(**recalls: float) -> list[Figure]:
    """All in the same time, so that nothing but what they find tells them apart."""
    by_name = dict(zip(COLOURS, recalls.values(), strict=True))
    time, recall = NAMED["recall-same"].figures
    figures = [Figure(time, [1, 1.1, 0.9], unit="ms", who=who, at=5, more_is_better=False) for who in by_name]
    return figures + [Figure(recall, [share], unit="of 1", who=who, at=5) for who, share in by_name.items()]


@pytest.mark.parametrize("kind", ["lines", "bars", "scatter"])
def test_a_picture_is_drawn_where_there_is_something_to_draw(tmp_path, kind):
    pytest.importorskip("matplotlib", reason="it comes with requirements-bench.txt")
    picture = next(each for each in PICTURES if each.kind == kind)
    whom = ("Axon's store", "usearch", "usearch, ef 128", "somebody")
    figures = [Figure(name, [0.5, 0.6, 0.9], unit="ms", who=who, at=1) for name in picture.figures for who in whom]
    assert picture.drawn(results(picture.part, figures), tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {f"{picture.name}.svg", f"{picture.name}.png"}
    assert not picture.drawn(results(picture.part, []), tmp_path)


def test_recalls_that_are_near_each_other_are_told_apart(tmp_path):
    marks = heights(drawn("recall-same", points(a=1, b=0.99, c=0.90, d=0.85), tmp_path))
    assert list(marks.values()) == sorted(marks.values())
    steps = [low - high for high, low in zip(marks.values(), list(marks.values())[1:], strict=False)]
    assert steps[0] > 20, "all found and 0.99"
    assert steps[1] > 20, "0.99 and 0.90"
    assert steps[2] > 10, "0.90 and 0.85"


def test_every_point_of_recalls_has_its_name_and_the_axis_its_shares(tmp_path):
    told = texts(drawn("recall-same", points(a=1, b=1, c=0.999, d=0.99), tmp_path))
    assert [told.count(who) for who in COLOURS] == [1, 1, 1, 1]
    assert {"all found", "0.999", "0.99"} <= set(told)


def test_who_finds_few_is_told_beside_the_milliseconds(tmp_path):
    picture = NAMED["nearest"]
    recalls = {"Axon's store": (1, 0.991), "usearch": (0.937, 0.457), "langgraph": (0.98,)}
    figures = [
        Figure(picture.figures[0], [1], unit="ms", who=who, at=at, more_is_better=False)
        for who in recalls
        for at in (1_000, 10_000)
    ]
    for who, some in recalls.items():
        figures += [Figure(picture.recall, [share], who=who, at=10 ** (3 + n)) for n, share in enumerate(some)]
    told = texts(drawn("nearest", figures, tmp_path))
    assert {"Axon's store", "usearch (0.94, 0.46)", "langgraph (0.98)"} <= set(told)
    assert any("recall@10" in each for each in told)
    without = [figure for figure in figures if figure.name == picture.figures[0]]
    assert "usearch" in texts(drawn("nearest", without, tmp_path))


@pytest.mark.parametrize(("least", "begins_at_0"), [(1_200, True), (150, True), (60, False)])
def test_an_axis_begins_at_0_where_the_figures_are_not_far_apart(tmp_path, least, begins_at_0):
    figures = [
        Figure(name, [rate], unit="calls/s", who=who, at=at)
        for name in NAMED["recall-tasks"].figures
        for who, rate in (("Axon in memory", 1_350), ("Axon's store", least))
        for at in (1, 64)
    ]
    told = texts(drawn("recall-tasks", figures, tmp_path))
    assert ("0" in told, "calls/s" in told) == (begins_at_0, begins_at_0)
    assert ("calls/s, logarithmic" in told) is not begins_at_0


@pytest.mark.parametrize(
    ("places", "moved"),
    [
        ([], []),
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([0.1, 0.5, 0.52, 0.61], [0.1, 0.4433, 0.5433, 0.6433]),
    ],
)
def test_labels_are_moved_as_little_as_it_takes(places, moved):
    assert apart(places, 0.1) == pytest.approx(moved, abs=1e-4)
