"""``docs/benchmarks.md``, made from the results: every bar, everything beside others, and where another is ahead.

``python -m benchmarks.page`` writes it anew without measuring anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.agreement import WIDE, since_before
from benchmarks.beside import Comparison, ahead, comparisons
from benchmarks.causes import PROOFS, cause
from benchmarks.figure import Figure, shown
from benchmarks.parts import PARTS
from benchmarks.pictures import PICTURES, Picture
from benchmarks.results import Results, figures, notes, runs

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
FOLDER = PAGE.with_suffix("")

_HEAD = """\
# Benchmarks

`make bench` and `make bench-full` write the figures of this page; causes and headings are written by hand. All that is
measured beside others takes turns with them: a round of one, a round of the next, again and again, on one machine that
is kept awake. Under [Throughput, by tasks](#throughput-by-tasks), [Nearest vectors](#nearest-vectors) and
[Memory and imports](#memory-and-imports) each has a process of its own; elsewhere all take their turns within one. What
is told is the median of the rounds, with the least and the greatest behind it.
**Ratios hold on other machines, absolute times do not.**
"""
_AHEAD = """\
Of Axon with its defaults, word index and all, by 3 % or more. Who finds nearest vectors sooner may find fewer of them:
the tables with recall@10 say how many."""
_PROOFS = """\
What no figure tells, but a test: they run with `make test`.

{}
How well recall finds its way in a public set of conversations that was held out is not measured: a set that stands in
the repository is not held out. [What recall finds](#what-recall-finds) has questions of our own."""
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
_ADDED = {
    "store": "a million entries",
    "nearest": "100,000 random vectors and more of real text",
    "growth": "a million entries",
    "redis_failures": "a master that dies",
}
"""What a whole run has beyond a short one."""
_COMMANDS = {"main": "make bench", "full": "make bench-full"}


def write_page(some: Results) -> Path:
    """Write the page and its pictures; where."""
    drawn = {each.name for each in PICTURES if each.drawn(some, FOLDER)}
    for old in FOLDER.glob("*.??g"):
        if old.stem not in drawn:
            old.unlink()
    PAGE.write_text(page(some, drawn), encoding="utf-8")
    return PAGE


def page(some: Results, drawn: Collection[str]) -> str:
    """The page; ``drawn`` are the names of the pictures that there are."""
    measured = [part for part in PARTS if part in some]
    by_part = {part: figures(some[part]) for part in measured}
    sections = [_HEAD, _bars(by_part), _proofs(), _ahead(by_part), _two_runs(some)]
    for part in measured:
        pictures = [each for each in PICTURES if each.part == part and each.name in drawn]
        sections.append(_section(part, some[part], pictures))
    sections.append(_measured_on(some))
    return "\n".join(section.rstrip() + "\n" for section in sections if section)


def _bars(by_part: Mapping[str, Iterable[Figure]]) -> str:
    """Every bar that has a figure, and below them why the missed ones are missed."""
    barred = [(part, figure) for part, some in by_part.items() for figure in some if figure.bar is not None]
    rows = [(_link(part), f.label, _number(f), f.bar_shown, _verdict(f)) for part, f in barred]
    missed: dict[tuple[str, str], list[str]] = {}
    for part, figure in barred:
        if not figure.met:
            missed.setdefault((part, cause(part, figure.name) or "not known"), []).append(figure.label)
    counted = f"{sum(bool(figure.met) for _, figure in barred)} of {len(barred)} are met."
    table = _table("llrrl", ("", "what", "measured", "bar", ""), rows)
    why = [f"- {_TITLES[part]}, *{'*, *'.join(labels)}*: {text}." for (part, text), labels in missed.items()]
    below = ["Why the missed ones are missed:", "", *why] if why else []
    return "\n".join(["## All bars", "", f"What the project asks of itself. {counted}", "", table, *below])


def _proofs() -> str:
    rows = [(each.bar, "<br>".join(f"`{test}`" for test in each.tests)) for each in PROOFS]
    return f"## Bars that are tests\n\n{_PROOFS.format(_table('ll', ('what', 'test'), rows))}"


def _ahead(by_part: Mapping[str, Iterable[Figure]]) -> str:
    """Where another is better than Axon with its defaults: a row for each of them, with all places of one work."""
    rows = []
    for some in by_part.values():
        for (what, who), places in groupby(ahead(some), key=lambda each: (each.what, each.who)):
            at, times = zip(*[(each.at, each.times) for each in places], strict=True)
            counts = "; ".join("" if number is None else f"{number:,}" for number in at)
            rows.append((what, f"**{who}**", counts, "; ".join(map(shown, times))))
    told = (
        _table("llrr", ("what", "who", "tasks or entries", "how many times"), rows)
        if rows
        else "Nowhere, of what is measured here."
    )
    return f"## Where others are ahead\n\n{_AHEAD}\n\n{told}"


def _two_runs(some: Results) -> str:
    """How far two runs are apart, where there were two."""
    pairs = since_before(some)
    if not pairs:
        return ""
    of: dict[str, list[str]] = {}
    for part, kind, run in _runs(some):
        if "before" in run:
            both = " and ".join(f"{_commit(each['commit'])} of {each['began'][:10]}" for each in (run["before"], run))
            of.setdefault(f"{both}, `{_COMMANDS[kind]}`", []).append(_TITLES[part])
    wide = sorted((pair for pair in pairs if pair.apart > WIDE), key=lambda pair: -pair.apart)
    rows = [
        (_link(pair.part), pair.name, *map(shown, (pair.first, pair.second)), f"{pair.apart * 100:.0f} %")
        for pair in wide
    ]
    lines = ["## Two runs", "", f"{len(pairs) - len(wide)} of {len(pairs)} ratios agree within {WIDE * 100:.0f} %, of:"]
    lines += ["", *(f"- {both}: {'; '.join(titles)}" for both, titles in of.items())]
    table = _table("llrrr", ("", "what", "before", "now", "apart"), rows)
    return "\n".join([*lines, *(["", "Further apart are:", "", table] if wide else [])])


def _section(part: str, result: Mapping[str, Any], pictures: Iterable[Picture]) -> str:
    some = figures(result)
    lines = [f"## {_TITLES[part]}", "", result["about"], ""]
    lines += [f"![{each.title}](benchmarks/{each.name}.svg)\n" for each in pictures]
    lines += [_beside(comparison) for comparison in comparisons(some)]
    alone = [figure for figure in some if not figure.who]
    if any(figure.bar is not None for figure in alone):
        rows = [(f.label, _number(f), f.bar_shown, _verdict(f)) for f in alone]
        lines.append(_table("lrrl", ("", "measured", "bar", ""), rows))
    elif alone:
        lines.append(_table("lr", ("", "measured"), [(f.label, _number(f)) for f in alone]))
    commands = {kind: f"`{_COMMANDS[kind]} ONLY={part}`" for kind, _ in runs(result)}
    if len(commands) > 1:
        commands["full"] += f", which adds {_ADDED.get(part, 'what takes longer')}"
    lines += [f"Measure again: {'; or '.join(commands.values())}.", ""]
    return "\n".join([*lines, *(f"- {note}" for note in notes(result))])


def _beside(comparison: Comparison) -> str:
    """A row for each contender, a column for each number of tasks or entries."""
    first, places, ours = comparison.figures[0], comparison.places, comparison.ours
    columns = [comparison.name, *(first.unit if at is None else f"{at:,}" for at in places)]
    rows = []
    for who in comparison.contenders:
        cells = []
        for at in places:
            figure, ratio = comparison.figure(who, at), comparison.ratio(who, at)
            times = "" if who == ours or ratio is None else f" ({shown(ratio)})"
            cells.append("-" if figure is None else shown(figure.middle) + times)
        rows.append([who, *cells])
    told = f"{first.unit}, {'more' if first.more_is_better else 'less'} is better"
    if len(comparison.contenders) > 1:
        told += f"; in brackets, how many times as good {ours} is: above 1 it is ahead, below 1 behind"
    return _table("l" + "r" * len(places), columns, rows) + f"\n{told}.\n"


def _measured_on(some: Results) -> str:
    """The machine and the commit of every run, and every version that one of them had."""
    of: dict[str, list[str]] = {}
    for part, kind, run in _runs(some):
        machine = ", ".join(f"{name} {value}" for name, value in run["machine"].items())
        where = f"`{_COMMANDS[kind]}`, {run['began'][:10]}, {_commit(run['commit'])}; {machine}"
        of.setdefault(where, []).append(_TITLES[part])
    lines = ["## On what", "", *(f"- {'; '.join(titles)}: {where}" for where, titles in of.items()), ""]
    for group, who in (
        ("Axon", "Axon, and who is beside it in one process,"),
        ("peers", "Who has a process of its own"),
    ):
        if told := _versions(some, group):
            lines += [f"{who} ran with {told}.", ""]
    return "\n".join(lines)


def _versions(some: Results, group: str) -> str:
    """Each by its name; of what has several versions each, and where it was."""
    found: dict[str, dict[str, list[str]]] = {}
    for part, kind, run in _runs(some):
        for name, version in run["versions"][group].items():
            found.setdefault(name, {}).setdefault(version, []).append(f"{_TITLES[part]}, `{_COMMANDS[kind]}`")
    told = []
    for name, versions in sorted(found.items()):
        one = len(versions) == 1
        told.append(f"{name} " + " and ".join(v if one else f"{v} ({'; '.join(w)})" for v, w in versions.items()))
    return ", ".join(told)


def _runs(some: Results) -> list[tuple[str, str, dict[str, Any]]]:
    """Of every part, in order: which one, which kind, and the run."""
    return [(part, kind, run) for part in PARTS if part in some for kind, run in runs(some[part])]


def _commit(commit: str) -> str:
    clean = commit.removesuffix("-dirty").removesuffix("(changed)").rstrip()
    return f"commit `{clean}`" + (" with uncommitted changes" if clean != commit else "")


def _number(figure: Figure) -> str:
    spread = f" ({shown(min(figure.rounds))} to {shown(max(figure.rounds))})" if len(figure.rounds) > 1 else ""
    return f"{shown(figure.middle)} {figure.unit}".strip() + spread


def _verdict(figure: Figure) -> str:
    return {True: "met", False: "**missed**", None: ""}[figure.met]


def _link(part: str) -> str:
    anchor = "".join(c for c in _TITLES[part].lower().replace(" ", "-") if c.isalnum() or c == "-")
    return f"[{_TITLES[part]}](#{anchor})"


def _table(sides: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns stand on the left or the right, as the letters of ``sides`` say."""
    lines = [columns, [{"l": "---", "r": "---:"}[side] for side in sides], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(write_page(results.read()))
