"""``axon limit show``."""

from __future__ import annotations

from pathlib import Path

import click

from axon.cli.failures import note
from axon.cli.opening import opened_memory
from axon.cli.operating import capable_tier_option
from axon.cli.options import config_option, format_option
from axon.cli.output import print_json, print_table


@click.group(invoke_without_command=True)
@click.pass_context
def limit(context: click.Context) -> None:
    """Look at rate limits."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@limit.command()
@click.argument("name", required=False)
@capable_tier_option
@config_option
@format_option("one document")
def show(name: str | None, tier: str | None, config: Path | None, format: str) -> None:
    """Show how much of limits is used up now, or of the limit NAME, by key.

    What is allowed at most is known to the programs that ask, not to the store.
    """
    with opened_memory(config) as memory:
        seen = [use for use in memory.limits(tier=tier) if name in {None, use.name}]
    if format == "json":
        print_json({"limits": [use._asdict() for use in seen]})
        return
    print_table(
        ("name", "key", "per", "used"),
        [(use.name, use.key or "-", f"{use.per:g} s", f"{use.used}") for use in seen],
    )
    if not seen:
        note("nothing counts now")
