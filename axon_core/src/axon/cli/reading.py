"""``axon recall``, ``get``, ``list`` and ``count``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from axon.cli.failures import note
from axon.cli.opening import opened_memory
from axon.cli.options import as_filter, config_option, filter_options, format_option
from axon.cli.output import Placed, print_entries, print_entry, print_json
from axon.core.errors import EntryNotFound
from axon.core.filters import Filter
from axon.sync import MemorySystem


@click.command()
@click.argument("query", required=False)
@click.option("-k", default=10, show_default=True, help="How many at the most.")
@click.option("--min-score", type=float, help="Leave out what scores less.")
@click.option(
    "--context",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Let an entry rise by the score of up to N entries before and after it in its session.",
)
@click.option("--explain", is_flag=True, help="Say of each entry how it got its score.")
@filter_options
@config_option
@format_option("JSON lines, an entry each, the best first")
def recall(
    *,
    query: str | None,
    k: int,
    min_score: float | None,
    context: int,
    explain: bool,
    tiers: tuple[str, ...],
    tags: tuple[str, ...],
    user_id: str | None,
    session_id: str | None,
    metadata: dict[str, Any] | None,
    config: Path | None,
    format: str,
) -> None:
    """Show the memories that answer QUERY.

    --tag, --user, --session and --metadata select: all that they admit is shown, in the order that QUERY gives them.
    Without these, QUERY selects by its words too.
    """
    wanted = as_filter(tags, user_id, session_id, metadata)
    if wanted is None and not (query and query.strip()):
        raise click.UsageError(
            "nothing to recall by: give a QUERY, --tag, --user, --session or --metadata; axon list shows what there is"
        )
    with opened_memory(config) as memory:
        found = memory.recall(
            query, tier=tiers or None, filter=wanted, k=k, min_score=min_score, context=context, explain=explain
        )
    print_entries([(entry.tier, entry) for entry in found], format)
    if not found and format == "table":
        note("nothing found")


@click.command()
@click.argument("entry_id", metavar="ID")
@config_option
@format_option("one document")
def get(entry_id: str, config: Path | None, format: str) -> None:
    """Show all of one entry."""
    with opened_memory(config) as memory:
        for tier in memory.tiers:
            entry = memory.get(entry_id, tier=tier)
            if entry is not None:
                print_entry(tier, entry, format)
                return
    raise EntryNotFound(f"there is no entry {entry_id!r}: it never was, was forgotten, or has expired")


@click.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at the most.")
@filter_options
@config_option
@format_option("JSON lines, an entry each")
def list_(
    *,
    limit: int,
    tiers: tuple[str, ...],
    tags: tuple[str, ...],
    user_id: str | None,
    session_id: str | None,
    metadata: dict[str, Any] | None,
    config: Path | None,
    format: str,
) -> None:
    """List entries, in no order."""
    with opened_memory(config) as memory:
        found = list(islice(scanned(memory, tiers, as_filter(tags, user_id, session_id, metadata)), limit + 1))
    print_entries(found[:limit], format)
    if len(found) > limit:
        note(f"there are more than these {limit}; --limit shows more, axon export gives all")


@click.command()
@filter_options
@config_option
@format_option("one document")
def count(
    *,
    tiers: tuple[str, ...],
    tags: tuple[str, ...],
    user_id: str | None,
    session_id: str | None,
    metadata: dict[str, Any] | None,
    config: Path | None,
    format: str,
) -> None:
    """Print how many entries there are."""
    with opened_memory(config) as memory:
        number = memory.count(as_filter(tags, user_id, session_id, metadata), tier=tiers or None)
    if format == "json":
        print_json({"count": number})
    else:
        click.echo(str(number))


def scanned(memory: MemorySystem, tiers: tuple[str, ...], wanted: Filter | None) -> Iterator[Placed]:
    """Every entry that ``wanted`` admits, with its tier."""
    for tier in dict.fromkeys(tiers) or memory.tiers:
        for entry in memory.scan(filter=wanted, tier=tier):
            yield tier, entry
