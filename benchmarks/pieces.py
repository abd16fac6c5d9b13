"""Where the time goes of what misses its bar: pieces of calls, each alone, in turns.

Redis: entries of 30 words with six terms. One task shares its core with the server; of 64 tasks the client has a core
and the server another. What the server spends is what it says itself (``INFO commandstats``). The store: 100,000
entries of some 150 characters with 384 numbers each, all of it in the memory of the system.
"""

from __future__ import annotations

from benchmarks import redis_pieces, store_pieces
from benchmarks.figure import Figure
from benchmarks.report import Report


def main(report: Report) -> None:
    """Report the microseconds of each piece."""
    for measure in (redis_pieces.measured, store_pieces.measured):
        for whole, pieces in measure().items():
            for piece, rounds in pieces.items():
                report.add(Figure(f"{whole}: {piece}", rounds, unit="us", more_is_better=False))
