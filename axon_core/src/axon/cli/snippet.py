"""The part of a text that answers a query."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from axon.cli.text import visible
from axon.ranking.analysis import Analyzer

if TYPE_CHECKING:
    from rich.text import Text

_WORD = re.compile(r"\w+")
_analyzer = cache(Analyzer)


def snippet(text: str, query: str, width: int) -> Text:
    """At most ``width`` characters of ``text``, where most words of ``query`` are near each other; these in bold."""
    from rich.text import Text

    analyzer, lead = _analyzer(), width // 3
    line = visible(text)
    wanted = frozenset(analyzer.query(query).words)
    found = [(word.span(), stem) for word in _WORD.finditer(line) for stem in analyzer.terms(word.group())[:1]]
    matches = [(span, stem) for span, stem in found if stem in wanted]
    start = _best_start(matches, width - lead) if len(line) > width else 0
    start = max(0, min(start - lead, len(line) - width))
    if start:  # at the beginning of a word
        start = line.find(" ", start) + 1 or start
    shown = line[start : start + width]
    if start:
        shown = f"…{shown[: width - 1]}"
    if start + width < len(line):
        shown = f"{shown[: width - 1].rpartition(' ')[0] or shown[: width - 1]}…"
    result = Text(shown)
    offset = start - bool(start)
    for (begin, end), _ in matches:
        if begin >= start:
            result.stylize("bold yellow", begin - offset, end - offset)
    return result


def _best_start(matches: list[tuple[tuple[int, int], str]], width: int) -> int:
    """Where a window of ``width`` starts that holds the most different words; the first of several."""
    windows = {
        start: len({stem for (begin, end), stem in matches if begin >= start and end <= start + width})
        for (start, _), _ in matches
    }
    return max(windows, key=windows.__getitem__, default=0)
