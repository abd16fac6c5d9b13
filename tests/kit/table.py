"""Writes docs/reference/conformance-mutants.md: python tests/kit/table.py."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from mutants import MUTANTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance-mutants.md"

_HEAD = """\
# What the conformance kit catches

A test that cannot fail proves nothing. These are {count} adapters with one fault each, of the kind that real ones have:
small classes over the in-memory adapter, in `tests/kit/mutants/`. The tests of Axon show that each is caught by the
check that names its fault, and that the adapter without the fault passes it. The kit itself is in
[its reference](conformance.md), what it asks for in [the contract](contract.md).

This page is made by `python tests/kit/table.py`.
"""

_TITLES = {
    "contract": "What verbs take and give, and how an adapter begins and ends",
    "fields": "The fields of an entry",
    "saving": "Saving",
    "deleting": "Deleting",
    "updating": "Updating",
    "identity": "Identifiers",
    "tenants": "Namespaces",
    "filters": "Filters",
    "metadata": "Filters by metadata",
    "hits": "Hits: how many, in which order, with which scores",
    "words": "Words",
    "vectors": "Vectors",
    "scanning": "Scans",
    "batches": "Batches",
    "expiry": "Expiry",
    "refresh": "Refresh on read",
    "eviction": "Eviction",
    "concurrency": "Concurrency, cancellation and event loops",
    "interleaving": "One call in the middle of another",
    "endurance": "After calls that were refused, failed or cancelled",
    "leaks": "Leaks",
    "persistence": "Persistence and sharing",
    "locks": "Locks",
    "counters": "Counters",
    "limits": "Limits",
    "values": "Values",
    "arguments": "What locks, counters, limits and values refuse",
    "spans": "Spans of seconds",
    "names": "Names of locks, counters, limits and values",
    "waiting": "Waiting for a lock",
    "agreement": "Any sequence of calls for locks, counters, limits and values",
    "errors": "Errors and what a plugin says of itself",
}


def page() -> str:
    """The page."""
    parts = [_HEAD.format(count=len(MUTANTS))]
    for topic, mutants in groupby(MUTANTS, lambda mutant: mutant.topic):
        rows = "".join(f"| {_cell(mutant.fault)} | `{mutant.caught_by}` |\n" for mutant in mutants)
        parts.append(f"## {_TITLES[topic]}\n\n| Fault | Caught by |\n| --- | --- |\n{rows}")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
