"""``docs/benchmarks.md``, made from the results: every bar, everything beside others, and where another is ahead."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.agreement import WIDE
from benchmarks.beside import Comparison, comparisons
from benchmarks.causes import cause
from benchmarks.figure import Figure, shown
from benchmarks.parts import PARTS
from benchmarks.pictures import PICTURES, Picture, is_ours
from benchmarks.results import Results, figures

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
FOLDER = PAGE.with_suffix("")

_HEAD = """\
# Benchmarks

This page is written by `make bench` and `make bench-full`, and by nobody's hand. All that is measured beside others
runs in turns with them: a round of one, a round of the next, again and again, each in a process of its own, on one
machine that is kept awake. What is told is the median of the rounds, with the least and the greatest behind it.
**Ratios hold on other machines, absolute times do not.**
"""
_AHEAD = """\
Of Axon with its defaults, word index and all. Who finds nearest vectors sooner may find fewer of them: the tables with
recall@10 say how many."""
_TITLES = {
    "verbs": "Saving and getting in memory",
    "recall": "Recall from memory",
    "vectors": "Vectors in memory",
    "churn": "A million short-lived entries",
    "store": "The embedded store",
    "quality": "What recall finds",
    "redis_speed": "The Redis adapter",
    "redis_coordination": "Locks, limits and once",
    "throughput": "Throughput, by tasks",
    "nearest": "Nearest vectors",
    "growth": "Growth",
    "footprint": "Memory and imports",
    "redis_failures": "Redis when things go wrong",
    "redis_scale": "A million entries on Redis",
    "soak": "Minutes on end",
}


def write_page(results: Results) -> Path:
    """Write the page and its pictures; where."""
    drawn = {each.name for each in PICTURES if each.drawn(results, FOLDER)}
    for old in FOLDER.glob("*.??g"):
        if old.stem not in drawn:
            old.unlink()
    PAGE.write_text(page(results, drawn), encoding="utf-8")
    return PAGE


def page(results: Results, drawn: Collection[str]) -> str:
    """The page; ``drawn`` are the names of the pictures that there are."""
    sections = [_HEAD, _bars(results), _ahead(results), _spread(results)]
    for part in PARTS:
        if part in results:
            pictures = [each for each in PICTURES if each.part == part and each.name in drawn]
            sections.append(_section(part, results[part], pictures))
    sections.append(_measured_on(results))
    return "\n".join(section.rstrip() + "\n" for section in sections if section)


def _bars(results: Results) -> str:
    """Every bar of the project, in one table."""
    rows, missed = [], 0
    for part in PARTS:
        for figure in figures(results[part]) if part in results else ():
            if figure.bar is not None:
                missed += not figure.met
                why = "" if figure.met else cause(part, figure.name)
                verdict = "met" if figure.met else f"**missed**{': ' if why else ''}{why}"
                rows.append([_link(part), figure.label, _number(figure), figure.bar_shown, verdict])
    counted = f"{len(rows) - missed} of {len(rows)} are met."
    return f"## All bars\n\nWhat the project asks of itself. {counted}\n\n" + _table(
        ("", "what", "measured", "bar", ""), rows
    )


def _ahead(results: Results) -> str:
    """Where another is better than Axon with its defaults, by median."""
    lines = []
    for part in PARTS:
        for comparison in comparisons(figures(results[part])) if part in results else ():
            by_whom: dict[str, list[str]] = {}
            for who, at, times in comparison.ahead():
                if not is_ours(who):
                    told = f"{shown(times)} times" if math.isfinite(times) else "by any measure"
                    by_whom.setdefault(who, []).append(told + ("" if at is None else f" at {at:,}"))
            lines += [f"- {comparison.name}: **{who}**, {', '.join(places)}" for who, places in by_whom.items()]
    told = "\n".join(lines) or "Nowhere, of what is measured here."
    return f"## Where others are ahead\n\n{_AHEAD}\n\n{told}"


def _spread(results: Results) -> str:
    """How far two runs are apart, where there were two."""
    apart = []
    for part in PARTS:
        before = results.get(part, {}).get("before", {})
        for figure in figures(results[part]) if part in results else ():
            if figure.label in before and not figure.unit and before[figure.label] and figure.middle:
                small, large = sorted((abs(before[figure.label]), abs(figure.middle)))
                apart.append((large / small - 1, part, figure, before[figure.label]))
    if not apart:
        return ""
    wide = sorted((each for each in apart if each[0] > WIDE), key=lambda each: -each[0])
    told = f"{len(apart) - len(wide)} of {len(apart)} ratios were within {WIDE:.0%} of those of the run before"
    rows = [[_link(part), f.label, shown(before), shown(f.middle), f"{share:.0%}"] for share, part, f, before in wide]
    table = "" if not wide else ". The others:\n\n" + _table(("", "what", "before", "now", "apart"), rows)
    return f"## Two runs\n\n{told}{table or '.'}"


def _section(part: str, result: dict[str, Any], pictures: Iterable[Picture]) -> str:
    some = figures(result)
    lines = [f"## {_TITLES[part]}", "", result["about"], ""]
    lines += [f"![{each.title}](benchmarks/{each.name}.svg)\n" for each in pictures]
    lines += [_beside(comparison) for comparison in comparisons(some)]
    alone = [figure for figure in some if not figure.who]
    if alone:
        rows = [[f.label, _number(f), f.bar_shown, {True: "met", False: "**missed**", None: ""}[f.met]] for f in alone]
        lines += [_table(("", "measured", "bar", ""), rows)]
    lines += [f"- {note}" for note in result["notes"]]
    whole = " --full" if result["full"] else ""
    lines += [*([""] if result["notes"] else []), f"Again: `.venv/bin/python -m benchmarks --only {part}{whole}`", ""]
    return "\n".join(lines)


def _beside(comparison: Comparison) -> str:
    """A row for each contender, a column for each number of tasks or entries."""
    unit = comparison.figures[0].unit
    places = comparison.places
    columns = [comparison.name, *((unit if at is None else f"{at:,}") for at in places)]
    rows = []
    for who in comparison.contenders:
        cells = []
        for at in places:
            figure, ratio = comparison.figure(who, at), _ratio(comparison, who, at)
            cells.append("-" if figure is None else shown(figure.middle) + ratio)
        rows.append([who, *cells])
    more = "more is better" if comparison.figures[0].more_is_better else "less is better"
    times = "" if len(comparison.contenders) == 1 else f"; in brackets, how many times better {comparison.ours} is"
    return _table(columns, rows) + f"\n{unit}, {more}{times}.\n"


def _ratio(comparison: Comparison, who: str, at: int | None) -> str:
    ratios = comparison.times_better(who, at)
    if who == comparison.ours or not ratios:
        return ""
    return f" ({shown(sorted(ratios)[len(ratios) // 2])})"


def _measured_on(results: Results) -> str:
    lines = ["## On what", ""]
    kinds: dict[str, list[str]] = {}
    for part in PARTS:
        if part in results:
            result = results[part]
            told = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
            kinds.setdefault(f"{told}; commit {result['commit']}, {result['began'][:10]}", []).append(part)
    lines += [f"- {', '.join(parts)}: {told}" for told, parts in kinds.items()]
    versions: dict[str, str] = {}
    for result in results.values():
        versions |= result["versions"]
    lines += ["", f"With {', '.join(f'{name} {version}' for name, version in sorted(versions.items()))}."]
    return "\n".join(lines)


def _number(figure: Figure) -> str:
    spread = f" ({shown(min(figure.rounds))} to {shown(max(figure.rounds))})" if len(figure.rounds) > 1 else ""
    return f"{shown(figure.middle)} {figure.unit}".strip() + spread


def _link(part: str) -> str:
    anchor = "".join(c for c in _TITLES[part].lower().replace(" ", "-") if c.isalnum() or c == "-")
    return f"[{_TITLES[part]}](#{anchor})"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
