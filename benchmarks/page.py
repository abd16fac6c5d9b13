"""``docs/benchmarks.md``, made from the results: every bar, everything beside others, and where another is ahead.

``python -m benchmarks.page`` writes it anew without measuring anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.agreement import WIDE, since_before
from benchmarks.beside import Ahead, ahead, comparisons, table
from benchmarks.causes import PROOFS, cause
from benchmarks.figure import shown
from benchmarks.parts import PARTS
from benchmarks.pictures import PICTURES
from benchmarks.results import Results, before, figures, figures_of, machines, notes, runs, versions

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
FOLDER = PAGE.with_suffix("")

_HEAD = """\
# Benchmarks

`make bench` and `make bench-full` write the figures of this page; causes and headings are written by hand. What is
measured beside others takes turns with them: a round of one, a round of the next, again and again, on a machine that is
kept awake. Out of turn are the memory that each takes and, of nearest vectors, who looks at more candidates (`ef`).
Under [Throughput, by tasks](#throughput-by-tasks), [Nearest vectors](#nearest-vectors) and
[Memory and imports](#memory-and-imports) each has a process of its own, under [Growth](#growth) each but Axon;
elsewhere all take their turns within one.

What is told is the median of the rounds. Behind it stand the least and the greatest, as in `0.52 ms (0.51 to 0.54)`; in
tables of several it is half the distance between the two, by the median, as in `0.52 ±3 %`. Behind what was measured in
one round stands neither.

**Compare ratios: times are those of a machine.** On another processor the ratios differ too, and a verdict that is near
its bar may flip.
"""
_MACHINES = """\
**Not all of it was measured on one machine.** Figures of different machines are not to be compared, also where they
stand in one table or picture:
"""
_BARS = """\
What the project asks of itself. {} of {} are met. The other run is the one before, on the same machine; its commit is
under [Two runs](#two-runs). {} have one, and of {} the verdicts differ: of this run first, then of the other."""
_AHEAD = """\
By 3 % or more, of each of Axon's with its defaults, word index and all, unless a row says otherwise; in brackets by
how many tasks, or among how many entries. Who finds nearest vectors sooner may find fewer of them: the tables with
recall@10 say how many."""
_TWO_RUNS = """\
{} of {} agree within {:.0f} %: ratios of those who did the same work and, where the run before kept them, figures that
stand alone, in any unit. Where one run alone meets a bar, [All bars](#all-bars) says so. Between two commits what is
measured may have changed too: then two runs differ by more than chance. Two runs there are of:"""
_PROOFS = """\
What no figure tells, but a test: they run with `make test`.

{}
## Bars that are not measured

In a public set of 1,982 questions about long conversations, of which the project has no copy: by words recall@5 of
sessions at least 0.91 and of turns at least 0.63; with MiniLM 0.93 and 0.68; with `context=1` turns at least 0.72. They
are not met as long as nobody has measured them. What stands under [What recall finds](#what-recall-finds) is of
conversations of our own with other questions, and cannot be held against them: the BM25 of textbooks, which stands
beside it there, finds half as much as of that public set."""
_TITLES = {
    "verbs": "Saving and getting in memory",
    "recall": "Recall from memory",
    "vectors": "Vectors in memory",
    "churn": "A million short-lived entries",
    "store": "The embedded store",
    "quality": "What recall finds",
    "redis_speed": "The Redis adapter",
    "redis_coordination": "Locks, limits and once",
    "pieces": "Where the time goes",
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
    sections = [_HEAD, _machines(some), _bars(some), _proofs(), _ahead(some), _two_runs(some)]
    sections += [_section(part, some, drawn) for part in PARTS if part in some]
    sections.append(_measured_on(some))
    return "\n".join(section.rstrip() + "\n" for section in sections if section)


def _machines(some: Results) -> str:
    """What was measured on which, if there are several."""
    every = machines(some)
    if len(every) < 2:
        return "".join(f"All runs tell of the same machine: {_machine(each)}." for each in every)
    lines = [_MACHINES]
    for number, machine in enumerate(every, start=1):
        of = [_run(part, kind) for part, kind, run in _runs(some) if run["machine"] == machine]
        lines.append(f"- machine {number}, {_machine(machine)}: {'; '.join(of)}")
    return "\n".join(lines)


def _bars(some: Results) -> str:
    """Every bar that has a figure, with what the run before found, and below them why the missed ones are missed."""
    barred = [(p, f, before(run).get(f.label)) for p, _, run in _runs(some) for f in figures_of(run) if f.verdict()]
    rows = [
        (_link(part), f.label, f.told, "" if other is None else f.with_unit(other), f.bar_shown, f.verdict(other))
        for part, f, other in barred
    ]
    missed: dict[tuple[str, str], list[str]] = {}
    for part, figure, _ in barred:
        if not figure.met:
            missed.setdefault((part, cause(part, figure.name) or "not known"), []).append(figure.label)
    met, twice = sum(bool(f.met) for _, f, _ in barred), sum(other is not None for *_, other in barred)
    counted = _BARS.format(met, len(barred), twice, sum(f.differs(other) for _, f, other in barred))
    every = table("llrrrl", ("", "what", "measured", "other run", "bar", ""), rows)
    why = [f"- {_TITLES[part]}, *{'*, *'.join(labels)}*: {text}." for (part, text), labels in missed.items()]
    below = ["Why the missed ones are missed:", "", *why] if why else []
    return "\n".join(["## All bars", "", counted, "", every, *below])


def _proofs() -> str:
    rows = [(each.bar, "<br>".join(f"`{test}`" for test in each.tests)) for each in PROOFS]
    return f"## Bars that are tests\n\n{_PROOFS.format(table('ll', ('what', 'test'), rows))}"


def _ahead(some: Results) -> str:
    """Where others are better than one of Axon's: a row for each of these and each work, with all that are ahead."""
    rows = []
    for found in (ahead(figures(some[part])) for part in PARTS if part in some):
        for (what, ours), others in groupby(found, key=lambda each: (each.what, each.ours)):
            told = [_ahead_of(who, list(each)) for who, each in groupby(others, key=lambda each: each.who)]
            rows.append((what, ours, "; ".join(told)))
    every = table("lll", ("what", "of Axon", "who is ahead, how many times"), rows)
    return f"## Where others are ahead\n\n{_AHEAD}\n\n{every if rows else 'Nowhere, of what is measured here.'}"


def _ahead_of(who: str, places: Sequence[Ahead]) -> str:
    times = ", ".join(shown(each.times) + ("" if each.at is None else f" ({each.at:,})") for each in places)
    return f"**{who}** {times}"


def _two_runs(some: Results) -> str:
    """How far two runs are apart, where there were two, and of what there was one."""
    pairs = since_before(some)
    wide = sorted((pair for pair in pairs if pair.apart > WIDE), key=lambda pair: -pair.apart)
    twice: dict[str, list[str]] = {}
    once: dict[str, int] = {}
    for part, kind, run in _runs(some):
        if "before" in run:
            both = " and ".join(f"{_commit(each['commit'])} of {each['began'][:10]}" for each in (run["before"], run))
            twice.setdefault(f"{both}, `{_COMMANDS[kind]}`", []).append(_TITLES[part])
        else:
            once[_run(part, kind)] = len(run["figures"])
    lines = ["## Two runs", ""]
    if twice:
        lines.append(_TWO_RUNS.format(len(pairs) - len(wide), len(pairs), WIDE * 100))
        lines += ["", *(f"- {both}: {'; '.join(titles)}" for both, titles in twice.items()), ""]
    if once:
        parts = "; ".join(f"{which}: {count}" for which, count in once.items())
        lines.append(f"Ran only once, with so many figures: {parts}; in all {sum(once.values())}.")
    if wide:
        rows = [(_link(p.part), p.name, shown(p.first), shown(p.second), p.apart_shown) for p in wide]
        lines += ["", "Further apart are:", "", table("llrrr", ("", "what", "before", "now", "apart"), rows)]
    return "\n".join(lines)


def _section(part: str, some: Results, drawn: Collection[str]) -> str:
    result, found = some[part], figures(some[part])
    lines = [f"## {_TITLES[part]}", "", _measured_by(part, some), "", result["about"], ""]
    pictures = [each for each in PICTURES if each.part == part and each.name in drawn]
    lines += [f"![{each.title}](benchmarks/{each.name}.svg)\n" for each in pictures]
    lines += [comparison.table() for comparison in comparisons(found)]
    alone = [figure for figure in found if not figure.who]
    if any(figure.bar is not None for figure in alone):
        rows = [(f.label, f.told, f.bar_shown, f.verdict()) for f in alone]
        lines.append(table("lrrl", ("", "measured", "bar", ""), rows))
    elif alone:
        lines.append(table("lr", ("", "measured"), [(f.label, f.told) for f in alone]))
    return "\n".join([*lines, *(f"- {note}" for note in notes(result))])


def _measured_by(part: str, some: Results) -> str:
    """The command of each run of a part, what it measured and when, and on which machine if there are several."""
    told: list[str] = []
    every = machines(some)
    for kind, run in runs(some[part]):
        adds = f", which adds {_ADDED.get(part, 'what takes longer')}" if told else ""
        on = f", machine {every.index(run['machine']) + 1}" if len(every) > 1 else ""
        command = f"`{_COMMANDS[kind]} ONLY={part}`{adds}, in {_minutes(run['seconds'])}"
        told.append(f"{command}, {_commit(run['commit'])}, {run['began'][:10]}{on}")
    return f"Measured by {'; and by '.join(told)}."


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def _measured_on(some: Results) -> str:
    """The machine and the commit of every run, and every version that one of them had."""
    of: dict[str, list[str]] = {}
    for part, kind, run in _runs(some):
        where = f"`{_COMMANDS[kind]}`, {run['began'][:10]}, {_commit(run['commit'])}; {_machine(run['machine'])}"
        of.setdefault(where, []).append(_TITLES[part])
    lines = ["## On what", "", *(f"- {'; '.join(titles)}: {where}" for where, titles in of.items()), ""]
    groups = {"Axon": "Axon, and who is beside it in one process,", "peers": "Who has a process of its own"}
    for group, who in groups.items():
        lines += [f"{who} ran with {told}.\n"] if (told := _versions(some, group)) else []
    return "\n".join(lines)


def _versions(some: Results, group: str) -> str:
    """Each by its name; of what has several versions each, and where it was."""
    told = []
    for name, found in sorted(versions(some, group).items()):
        each = [v if len(found) == 1 else f"{v} ({'; '.join(_run(*at) for at in of)})" for v, of in found.items()]
        told.append(f"{name} {' and '.join(each)}")
    return ", ".join(told)


def _runs(some: Results) -> list[tuple[str, str, dict[str, Any]]]:
    """Of every part, in order: which one, which kind, and the run."""
    return [(part, kind, run) for part in PARTS if part in some for kind, run in runs(some[part])]


def _run(part: str, kind: str) -> str:
    return f"{_TITLES[part]}, `{_COMMANDS[kind]}`"


def _machine(machine: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _commit(commit: str) -> str:
    clean = commit.removesuffix("-dirty").removesuffix("(changed)").rstrip()
    return f"commit `{clean}`" + (" with uncommitted changes" if clean != commit else "")


def _link(part: str) -> str:
    anchor = "".join(c for c in _TITLES[part].lower().replace(" ", "-") if c.isalnum() or c == "-")
    return f"[{_TITLES[part]}](#{anchor})"


if __name__ == "__main__":
    print(write_page(results.read()))
