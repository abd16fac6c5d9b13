"""Bars for what takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@frozen
class Bar:
    """Call it with how much is done, how much there is in all and, if that changes, of what."""

    _progress: Progress
    _task: TaskID

    @property
    def shown(self) -> bool:
        """Whether anybody sees it."""
        return not self._progress.disable

    def __call__(self, done: int, total: int, unit: str | None = None) -> None:
        """Show ``done`` of ``total``; ``unit`` stands behind the numbers."""
        if not self.shown:
            return
        if unit is None:
            self._progress.update(self._task, completed=done, total=total)
        else:
            self._progress.update(self._task, completed=done, total=total, unit=unit)

    def above(self, text: str) -> None:
        """Print ``text`` over the bar, which stays below."""
        self._progress.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def bar(description: str, unit: str = "", *, total: int | None = None, shown: bool = True) -> Iterator[Bar]:
    """One bar on stderr that goes when all is done, and only on a terminal; none at all unless ``shown``.

    ``total`` is how much there is, if that is known from the start; ``unit`` stands behind the numbers.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    terminal = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}", markup=False),
    )
    disabled = not (shown and terminal.file.isatty())
    # What goes to stdout meanwhile is the output of the command, which may be a file: it must not go through the bar.
    with Progress(*columns, console=terminal, transient=True, disable=disabled, redirect_stdout=False) as progress:
        yield Bar(progress, progress.add_task(description, total=total, unit=unit))
