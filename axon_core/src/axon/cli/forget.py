"""``axon forget``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from axon.cli.failures import NotDone
from axon.cli.opening import opened_memory
from axon.cli.options import as_filter, config_option, filter_options, format_option
from axon.cli.output import print_json
from axon.core.arguments import check_ids
from axon.sync import MemorySystem


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@filter_options
@click.option("--yes", is_flag=True, help="Do not ask before a filter deletes; needed where nobody can be asked.")
@config_option
@format_option("one document")
def forget(
    *,
    ids: tuple[str, ...],
    tiers: tuple[str, ...],
    tags: tuple[str, ...],
    user_id: str | None,
    session_id: str | None,
    metadata: dict[str, Any] | None,
    yes: bool,
    config: Path | None,
    format: str,
) -> None:
    """Delete entries, by id or by filter.

    A filter is --tag, --user, --session, --metadata, or several of these. Exits with 1 if one of the ids was not there.
    """
    wanted = as_filter(tags, user_id, session_id, metadata)
    if (wanted is None) == (not ids):
        raise click.UsageError("give either ids, or a filter: --tag, --user, --session, --metadata")
    if wanted is not None and not yes and not sys.stdin.isatty():
        raise click.UsageError("a filter may delete much and there is no terminal to ask on: add --yes")
    with opened_memory(config) as memory:
        if wanted is None:
            numbers = _forgotten(memory, ids, tiers)
        else:
            if not yes:
                _ask(memory.count(wanted, tier=tiers or None))
            numbers = [memory.forget(wanted, tier=tiers or None)]
    if format == "json":
        print_json({"forgotten": sum(numbers)})
    else:
        click.echo(f"forgot {sum(numbers)}")
    if wanted is None and 0 in numbers:
        missing = numbers.count(0)
        raise NotDone(f"{missing} of the {len(numbers)} ids {'was' if missing == 1 else 'were'} not there")


def _forgotten(memory: MemorySystem, ids: tuple[str, ...], tiers: tuple[str, ...]) -> list[int]:
    """For each id in how many tiers it was: asked one by one, since the sum would not tell which were nowhere."""
    return [memory.forget(entry_id, tier=tiers or None) for entry_id in dict.fromkeys(check_ids(ids))]


def _ask(number: int) -> None:
    if not number:
        raise NotDone("there is no such entry; nothing was forgotten")
    if not click.confirm(f"Forget {number} {'entry' if number == 1 else 'entries'}?", err=True):
        raise NotDone("nothing was forgotten")
