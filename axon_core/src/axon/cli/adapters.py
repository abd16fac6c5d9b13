"""``axon adapters``."""

from __future__ import annotations

import click

from axon.cli.options import format_option
from axon.cli.output import print_json, print_table
from axon.core.registry import default_registry


@click.command()
@format_option("one document")
def adapters(format: str) -> None:
    """List the installed adapters.

    Plugins that cannot be used are listed too, with the reason.
    """
    registry = default_registry()
    found = [
        (spec.name, registry.provider(spec), sorted(spec.capabilities), spec.summary)
        for spec in registry.adapters().values()
    ]
    broken = [
        (plugin.name, plugin.distribution, plugin.problem)
        for plugin in registry.plugins()
        if plugin.problem is not None
    ]
    if format == "json":
        usable = [dict(zip(("name", "distribution", "capabilities", "summary"), row, strict=True)) for row in found]
        unusable = [dict(zip(("name", "distribution", "problem"), row, strict=True)) for row in broken]
        print_json({"adapters": usable, "broken": unusable})
        return
    print_table(
        ("adapter_type", "distribution", "capabilities", "summary"),
        [(name, origin, ", ".join(able) or "-", summary) for name, origin, able, summary in found],
    )
    if broken:
        click.echo("\nPlugins that cannot be used:")
        print_table(("plugin", "distribution", "reason"), broken)
