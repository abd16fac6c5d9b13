"""The smallest failure of a property that was found soon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axon.testing.steps import Steps

_PATIENCE_S = 4.0
"""How long a failure is made smaller: where examples take long, hypothesis would go on for minutes."""


class _Enough(BaseException):
    """Ends hypothesis, which takes every Exception for one more failure."""


class Shrinking:
    """Keeps the failure with the fewest steps, and ends the search for a smaller one."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._failure: Exception | None = None
        self._lines: list[str] = []
        self._since = 0.0
        self._is_over = False

    @contextmanager
    def limited(self) -> Iterator[None]:
        """A run of hypothesis in here ends soon after a failure, which is raised with the steps that led to it."""
        try:
            yield
        except BaseException:  # not only _Enough: hypothesis may find its own words for it
            if not self._is_over or self._failure is None:
                raise
        else:
            return
        self._steps.lines = self._lines
        raise self._failure from None

    def begin(self) -> None:
        """To be called before each example."""
        if self._failure is not None and perf_counter() - self._since > _PATIENCE_S:
            self._is_over = True
            raise _Enough

    def failed(self, failure: Exception) -> None:
        """An example failed like this."""
        lines = self._steps.lines
        if self._failure is None:
            self._since = perf_counter()
        if self._failure is None or len(lines) <= len(self._lines):
            self._failure, self._lines = failure, lines
