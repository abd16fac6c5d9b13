"""``axon lock ls``."""

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
def lock(context: click.Context) -> None:
    """Look at locks."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@lock.command()
@capable_tier_option
@config_option
@format_option("one document")
def ls(tier: str | None, config: Path | None, format: str) -> None:
    """List the locks that are held, by name.

    A lock is free when its seconds are over, unless its holder renews it.
    """
    with opened_memory(config) as memory:
        held = memory.locks(tier=tier)
    if format == "json":
        print_json(
            {"locks": [{"name": each.name, "fence": each.fence, "expires_in": each.expires_in} for each in held]}
        )
        return
    print_table(
        ("name", "fence", "seconds left"), [(each.name, str(each.fence), f"{each.expires_in:.1f}") for each in held]
    )
    if not held:
        note("no lock is held")
