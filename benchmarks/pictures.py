"""The pictures of the page: as SVG for the page, as PNG for whoever wants to show one elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.beside import Comparison, comparisons
from benchmarks.results import Results, figures

_OURS = ("#0b6e4f", "#34b36b", "#8fcf3c", "#b9e0a5")
_THEIRS = ("#3d405b", "#e07a5f", "#f2a65a", "#81b1d5", "#b56576", "#6d6875", "#c9ada7", "#8d99ae", "#bc6c25")
_MARKS = "osD^vP*Xph<>"


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

    def drawn(self, results: Results, folder: Path) -> bool:
        """Draw it, as SVG and PNG; whether there is anything to draw."""
        plt = _drawing()
        found = {each.name: each for each in comparisons(figures(results[self.part]))} if self.part in results else {}
        chosen = [found[name] for name in self.figures if name in found]
        if len(chosen) < len(self.figures):
            return False
        plots = 1 if self.kind == "scatter" else len(chosen)
        rows, columns = -(-plots // 2), min(plots, 2)
        size = (4.9 * columns + 2.2, 3.9 * rows)
        picture, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
        axes = [axis for row in grid for axis in row]
        styles = _styles([who for each in chosen for who in each.contenders])
        if self.kind == "scatter":
            _scatter(axes[0], chosen[0], chosen[1], styles)
        else:
            for axis, comparison in zip(axes, chosen, strict=True):
                {"lines": _lines, "bars": _bars}[self.kind](axis, comparison, styles)
                if self.along:
                    axis.set_xlabel(self.along)
        if self.kind != "bars":
            handles, labels = axes[0].get_legend_handles_labels()
            picture.legend(handles, labels, loc="outside right center", frameon=False, fontsize=8)
        picture.suptitle(self.title, fontsize=11)
        folder.mkdir(parents=True, exist_ok=True)
        picture.savefig(folder / f"{self.name}.svg", metadata={"Date": None})
        picture.savefig(folder / f"{self.name}.png", dpi=110, metadata={"Software": None})
        plt.close(picture)
        return True


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
        [f"recall by {kind}" for kind in ("three words", "a tag of 20 entries", "a vector", "words and a vector")],
        along="entries",
    ),
    Picture("nearest", "nearest", "Milliseconds for the ten nearest of 384 numbers, by vectors",
            ("top 10 of random vectors",), along="vectors"),
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
    Picture("imports", "footprint", "Milliseconds of an import", ("import",), kind="bars"),
)  # fmt: skip


def _drawing() -> Any:
    """matplotlib, which is needed for nothing else; the same figures make the same file."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "axon"
    mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False
    import matplotlib.pyplot as plt

    return plt


def _styles(contenders: Sequence[str]) -> dict[str, dict[str, Any]]:
    """A colour and a mark for each: greens are Axon's."""
    ours = [who for who in dict.fromkeys(contenders) if is_ours(who)]
    theirs = [who for who in dict.fromkeys(contenders) if not is_ours(who)]
    colours = dict(zip(ours, _OURS, strict=False)) | dict(zip(theirs, _THEIRS, strict=False))
    return {
        who: {"color": colour, "marker": _MARKS[i % len(_MARKS)]} for i, (who, colour) in enumerate(colours.items())
    }


def is_ours(who: str) -> bool:
    """Whether it is of this project."""
    return who.startswith("Axon")


def _lines(axis: Any, comparison: Comparison, styles: dict[str, dict[str, Any]]) -> None:
    for who in comparison.contenders:
        found = [figure for at in comparison.places if (figure := comparison.figure(who, at)) is not None]
        axis.plot([f.at for f in found], [f.middle for f in found], label=who, markersize=5, **styles[who])
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.minorticks_off()
    axis.set_xticks(comparison.places, [f"{at:,}" for at in comparison.places])
    _plain(axis.yaxis)
    axis.set_ylabel(comparison.figures[0].unit)
    axis.set_title(comparison.name, fontsize=10)
    axis.grid(visible=True, alpha=0.3)


def _bars(axis: Any, comparison: Comparison, styles: dict[str, dict[str, Any]]) -> None:
    found = sorted(comparison.figures, key=lambda figure: -figure.middle)
    drawn = axis.barh([f.who for f in found], [f.middle for f in found], color=[styles[f.who]["color"] for f in found])
    axis.bar_label(drawn, [f" {figure.middle:,.0f}" for figure in found], fontsize=8)
    axis.margins(x=0.15)
    axis.tick_params(axis="y", labelsize=8)
    axis.set_xlabel(comparison.figures[0].unit)
    axis.set_title(comparison.name, fontsize=10)


def _scatter(axis: Any, across: Comparison, upwards: Comparison, styles: dict[str, dict[str, Any]]) -> None:
    at = across.places[-1]
    for who in across.contenders:
        x, y = across.figure(who, at), upwards.figure(who, at)
        if x is not None and y is not None:
            axis.plot([x.middle], [y.middle], label=who, linestyle="none", markersize=8, **styles[who])
    axis.set_xscale("log")
    _plain(axis.xaxis)
    axis.set_xlabel(f"{across.figures[0].unit}, the faster the further left")
    axis.set_ylabel("recall@10")
    axis.grid(visible=True, alpha=0.3)


def _plain(axis: Any) -> None:
    """Numbers as they are written, three to a power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
