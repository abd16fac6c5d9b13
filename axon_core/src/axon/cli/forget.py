"""``axon forget``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from axon.cli.failures import NotDone
from axon.cli.opening import opened_memory
from axon.cli.options import as_filter, config_option, filter_options, format_option
from axon.cli.output import print_json


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
    yes: bool,
    config: Path | None,
    format: str,
) -> None:
    """Delete entries, by id or by filter.

    A filter is --tag, --user, --session, or several of these. Exits with 1 if one of the ids was not there.
    """
    wanted = as_filter(tags, user_id, session_id)
    if (wanted is None) == (not ids):
        raise click.UsageError("give either ids, or a filter: --tag, --user, --session")
    if wanted is not None and not yes and not sys.stdin.isatty():
        raise click.UsageError("a filter may delete much and there is no terminal to ask on: add --yes")
    with opened_memory(config) as memory:
        if wanted is not None and not yes:
            number = memory.count(wanted, tier=tiers or None)
            if not number:
                raise NotDone("there is no such entry; nothing was forgotten")
            if not click.confirm(f"Forget {number} {'entry' if number == 1 else 'entries'}?", err=True):
                raise NotDone("nothing was forgotten")
        forgotten = memory.forget(ids if wanted is None else wanted, tier=tiers or None)
    if format == "json":
        print_json({"forgotten": forgotten})
    else:
        click.echo(f"forgot {forgotten}")
    missing = len(set(ids)) - forgotten
    if missing > 0:
        raise NotDone(f"{missing} of the {len(set(ids))} ids {'was' if missing == 1 else 'were'} not there")
