"""The pictures of the page: as SVG for the page, as PNG for whoever wants to show one elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from attrs import frozen

from benchmarks.beside import Comparison, comparisons
from benchmarks.figure import Figure
from benchmarks.results import Results, figures

_LOOKS = {
    "Axon": ("#0b6e4f", "o"),
    "Axon with its adapter for Redis": ("#2fa866", "o"),
    "Axon's adapter": ("#0b6e4f", "o"),
    "Axon's adapter, no word index": ("#57c785", "s"),
    "Axon's MemorySystem": ("#86bc25", "D"),
    "Axon's store": ("#0b6e4f", "o"),
    "Axon's store, int8": ("#57c785", "s"),
    "Axon in memory": ("#2fa866", "D"),
    "Axon on Redis": ("#9acd32", "^"),
    "axon-sdk 1.0.0b2": ("#6b6b6b", "X"),
    "redis-py": ("#c62828", "v"),
    "cashews": ("#ef6c00", "P"),
    "aiocache": ("#1565c0", "<"),
    "py-key-value": ("#7b1fa2", ">"),
    "langgraph": ("#8d5a3b", "h"),
    "numpy": ("#1f2340", "^"),
    "faiss flat": ("#9a86d1", "v"),
    "sqlite-vec": ("#a3273b", "P"),
    "SQLite's FTS5": ("#a3273b", "P"),
    "lancedb": ("#0097b2", "<"),
    "chroma": ("#f2a900", "X"),
    "usearch": ("#d81b78", ">"),
}
"""The colour and the mark of each by its name, or by what of it stands before a comma: greens are Axon's."""
_UNKNOWN = ("#9e9e9e", "*")
_VARIANTS = {"exact": "s", "no index": "s", "its index": "h", "ef 128": "^", "ef 256": "D", "ef 512": "p"}
"""The mark of one of a family, by what stands behind the comma."""
_MISSED = (0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)
"""Where an axis of recalls has marks, by the share that is missed: all found, then 0.999, 0.997, 0.99 and so on."""
_FEW = 0.99
"""Who finds less than this share is told to beside its time."""
_FAR = 10
"""Times; an axis whose figures are less far apart begins at 0, so that nothing looks further apart than it is."""
_LABELS_APART = 0.033
"""Of the width of a picture."""
_WIDTH = 8.2
"""Inches, so that its letters can be read where the picture is 800 pixels wide."""


@frozen
class Picture:
    """One picture: of which part, and of which figures of it."""

    name: str
    part: str
    title: str
    figures: Sequence[str]
    """Names of figures, one plot each; of a scatter, that of the horizontal axis and that of the vertical one."""
    kind: str = "lines"
    """``lines``, ``bars`` or ``scatter``."""
    along: str = ""
    """What is along the horizontal axis."""
    recall: str = ""
    """The name of the figures that tell how many of what was searched each found."""

    def drawn(self, results: Results, folder: Path) -> bool:
        """Draw it, as SVG and PNG; whether there is anything to draw."""
        found = {each.name: each for each in comparisons(figures(results[self.part]))} if self.part in results else {}
        chosen = [found[name] for name in self.figures if name in found]
        if len(chosen) < len(self.figures):
            return False
        plt = _drawing()
        plots = [chosen] if self.kind == "scatter" else [[each] for each in chosen]
        columns = 2 if self.kind == "lines" and len(plots) > 1 else 1
        rows = -(-len(plots) // columns)
        height = {"lines": 3.0, "bars": 2.5, "scatter": 4.2}[self.kind]
        picture, grid = plt.subplots(rows, columns, figsize=(_WIDTH, height * rows + 0.8), squeeze=False)
        draw: dict[str, Callable[..., None]] = {"lines": _lines, "bars": _bars, "scatter": _scatter}
        named: dict[str, Any] = {}
        for axis, plot in zip(grid.flat, plots, strict=True):
            draw[self.kind](axis, *plot)
            name = plot[0].name.replace(", ", "\n", columns - 1)
            if self.kind == "scatter":
                picture.suptitle(self.title, fontsize=10)
            else:
                axis.set_title(self.title if len(plots) == 1 else name)
            if self.along:
                axis.set_xlabel(self.along)
            handles, labels = axis.get_legend_handles_labels()
            named |= dict(zip(labels, handles, strict=True))
        if self.kind == "lines":
            few = found[self.recall].below(_FEW) if self.recall in found else {}
            labels = [
                f"{who} ({', '.join(f'{each:.2f}' for each in few[who])})" if who in few else who for who in named
            ]
            what = self.recall.partition(", ")[0]
            told = f"in brackets {what}, from few {self.along} to many, where it is below {_FEW}" if few else None
            look = {"ncols": 3 if few else 4, "frameon": False, "title": told, "title_fontsize": 8}
            picture.legend(named.values(), labels, loc="outside lower center", **look)
        folder.mkdir(parents=True, exist_ok=True)
        picture.savefig(folder / f"{self.name}.svg", metadata={"Date": None})
        picture.savefig(folder / f"{self.name}.png", dpi=110, metadata={"Software": None})
        plt.close(picture)
        return True


_RECALLS = ("three words", "a tag of 20 entries", "a vector", "words and a vector")
PICTURES = (
    Picture(
        "throughput-redis", "throughput", "Calls a second, by tasks: on Redis", ("get on Redis", "save on Redis"),
        along="tasks",
    ),
    Picture(
        "throughput-memory", "throughput", "Calls a second, by tasks: in memory",
        ("get in memory", "save in memory"), along="tasks",
    ),
    Picture(
        "growth", "growth", "Milliseconds of a recall, by entries",
        [f"recall by {kind}" for kind in _RECALLS], along="entries",
        recall="recall by three words: share of the ten that are as good as the ten best, "
        "as Axon in memory scores them",
    ),
    Picture(
        "recall-tasks", "growth", "Recalls a second, by tasks",
        [f"recall by {kind}, 10,000 entries, by tasks" for kind in _RECALLS], along="tasks",
    ),
    Picture("nearest", "nearest", "Milliseconds of a search for the ten nearest, by vectors",
            ("top 10 of random vectors",), along="vectors", recall="recall@10 of random vectors"),
    Picture(
        "recall-same", "nearest", "What is found, and how fast: questions of the same kind as the texts",
        ("top 10 of real text, questions of the same kind", "recall@10 of real text, questions of the same kind"),
        kind="scatter",
    ),
    Picture(
        "recall-other", "nearest", "What is found, and how fast: questions of another kind",
        ("top 10 of real text, questions of another kind", "recall@10 of real text, questions of another kind"),
        kind="scatter",
    ),
    Picture(
        "memory", "footprint", "Bytes for each entry",
        ("memory of the process, an entry in memory", "memory of the server, an entry on Redis"), kind="bars",
    ),
    Picture(
        "first-record", "footprint", "Milliseconds from nothing to the first record",
        [f"import, and the first record saved {where}" for where in ("in memory", "on Redis")], kind="bars",
    ),
)  # fmt: skip


def _drawing() -> Any:
    """matplotlib, which is needed for nothing else; the same figures make the same file."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams |= {
        "svg.hashsalt": "axon",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.labelsize": 9,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "figure.constrained_layout.use": True,
    }
    import matplotlib.pyplot as plt

    return plt


def _style(who: str) -> dict[str, Any]:
    """How it looks in every picture; one of a family, as "usearch, exact", is hollow where the family is filled."""
    family, *variant = who.split(", ")
    colour, mark = _LOOKS.get(who) or _LOOKS.get(family, _UNKNOWN)
    if not variant:
        return {"color": colour, "marker": mark}
    return {"color": colour, "marker": _VARIANTS.get(variant[-1], mark), "markerfacecolor": "none", "linestyle": "--"}


def _lines(axis: Any, comparison: Comparison) -> None:
    """A line for each, in a band from the least of the rounds to the greatest."""
    for who in comparison.contenders:
        found = [figure for at in comparison.places if (figure := comparison.figure(who, at)) is not None]
        at, style = [f.at for f in found], _style(who)
        axis.plot(at, [f.middle for f in found], label=who, markersize=5, linewidth=1.3, **style)
        least, greatest = [min(f.rounds) for f in found], [max(f.rounds) for f in found]
        axis.fill_between(at, least, greatest, color=style["color"], alpha=0.15, linewidth=0)
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_xticks(comparison.places, [f"{at:,}" for at in comparison.places])
    every, unit = [each for figure in comparison.figures for each in figure.rounds], comparison.figures[0].unit
    if max(every) < _FAR * min(every):
        axis.set_ylim(0, 1.1 * max(every))
        axis.yaxis.set_major_formatter("{x:,.10g}")
        axis.set_ylabel(unit)
    else:
        axis.set_yscale("log")
        _plain(axis.yaxis)
        axis.set_ylabel(f"{unit}, logarithmic")
    axis.grid(visible=True, alpha=0.3)


def _bars(axis: Any, comparison: Comparison) -> None:
    found = sorted(comparison.figures, key=lambda figure: -figure.middle)
    middles = [figure.middle for figure in found]
    colours = [_style(figure.who)["color"] for figure in found]
    drawn = axis.barh([f.who for f in found], middles, color=colours, xerr=_spread(found), error_kw={"linewidth": 1})
    axis.bar_label(drawn, [f"{middle:,.0f}" for middle in middles], fontsize=8, padding=4)
    axis.margins(x=0.12)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.set_xlabel(comparison.figures[0].unit)


def _scatter(axis: Any, across: Comparison, upwards: Comparison) -> None:
    """A point for each with its rounds, and above them the names; those of one family are joined.

    Upwards it is the share that is found, by the logarithm of what is missed: all that find nearly all would be one.
    """
    at = across.places[-1]
    families: dict[str, list[tuple[float, float]]] = {}
    points: dict[str, tuple[float, float]] = {}
    for who in across.contenders:
        x, y = across.figure(who, at), upwards.figure(who, at)
        if x is not None and y is not None:
            points[who] = x.middle, 1 - y.middle
            spread = {"xerr": _spread([x]), "yerr": _spread([y])[::-1], "elinewidth": 1}
            axis.errorbar(
                *points[who], markersize=7, zorder=3, clip_on=False, **_style(who) | {"linestyle": "none"}, **spread
            )
            families.setdefault(who.partition(", ")[0], []).append(points[who])
    for family, some in families.items():
        axis.plot(*zip(*sorted(some), strict=True), color=_style(family)["color"], linewidth=1, alpha=0.6)
    axis.set_yscale("symlog", linthresh=_MISSED[1], linscale=0.5)
    axis.set_yticks(_MISSED, ["all found", *(f"{1 - missed:g}" for missed in _MISSED[1:])])
    axis.minorticks_off()
    axis.set_ylim(max(0.02, *(1.3 * missed for _, missed in points.values())), 0)
    axis.set_xscale("log")
    _plain(axis.xaxis)
    axis.set_xlabel(f"{across.figures[0].unit}, the faster the further left")
    axis.set_ylabel("recall@10, logarithmic in what is missed")
    axis.grid(visible=True, alpha=0.3)
    _labelled(axis, points)


def _labelled(axis: Any, points: dict[str, tuple[float, float]]) -> None:
    """The name of each above, in the order of the points, with a line down to its point."""
    names = sorted(points, key=lambda who: points[who])
    shares = [axis.transAxes.inverted().transform(axis.transData.transform(points[who]))[0] for who in names]
    for who, share in zip(names, apart(shares, _LABELS_APART), strict=True):
        line = {"arrowstyle": "-", "color": _UNKNOWN[0], "linewidth": 0.7, "linestyle": ":", "relpos": (0, 0)}
        look = {"rotation": 45, "rotation_mode": "anchor", "fontsize": 8, "color": _style(who)["color"]}
        axis.annotate(who, points[who], (share, 1.08), textcoords="axes fraction", arrowprops=line, **look)


def apart(places: Sequence[float], least: float) -> list[float]:
    """``places``, which ascend, moved as little as it takes to have none nearer to the next one than ``least``."""
    groups: list[list[float]] = []
    for number, place in enumerate(places):
        groups.append([place - number * least])
        while len(groups) > 1 and fmean(groups[-2]) >= fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [fmean(group) for group in groups for _ in group]
    return [place + number * least for number, place in enumerate(moved)]


def _spread(found: Sequence[Figure]) -> list[list[float]]:
    """How far the least of the rounds and the greatest are from the median, as matplotlib takes it."""
    return [[f.middle - min(f.rounds) for f in found], [max(f.rounds) - f.middle for f in found]]


def _plain(axis: Any) -> None:
    """Numbers as they are written, three to a power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
