"""``axon backup`` and ``axon compact``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from axon.cli.opening import found_config, without_embedder
from axon.cli.operating import chosen, tier_option, unable, working
from axon.cli.options import PATH, config_option, format_option
from axon.cli.output import print_json, print_table
from axon.cli.text import visible
from axon.core.config import MemoryConfig
from axon.core.system import MemorySystem
from axon.spi import SupportsBackup, SupportsCompaction


@click.command()
@click.argument("target", type=PATH)
@click.option("--tier", metavar="TIER", help="Which; needed if several can be copied.")
@click.option("--force", is_flag=True, help="Replace TARGET if it is there, once the copy is complete.")
@config_option
def backup(target: Path, tier: str | None, config: Path | None, *, force: bool) -> None:
    """Copy the store of a tier while it is in use.

    TARGET is a directory or a new file. The copy is one state of the store, complete, on the disk and looked at when
    the command ends with 0; otherwise there is none.
    """
    asyncio.run(_backed_up(_found(config), target, tier, replace=force))
    click.echo(f"wrote {visible(str(target))}")


@click.command()
@tier_option
@config_option
@format_option("one document")
def compact(tier: str | None, config: Path | None, format: str) -> None:
    """Give the space of deleted entries back to the disk.

    Others read and write meanwhile.
    """
    given_back = asyncio.run(_compacted(_found(config), tier))
    if format == "json":
        print_json({"tiers": given_back})
    else:
        print_table(("tier", "bytes given back"), [(name, f"{size:,}") for name, size in given_back.items()])


async def _backed_up(config: MemoryConfig, target: Path, tier: str | None, *, replace: bool) -> None:
    async with MemorySystem(config) as memory:
        able = {name: adapter for name, adapter in chosen(memory, tier).items() if isinstance(adapter, SupportsBackup)}
        if not able:
            raise unable(memory, tier, "a backup")
        if len(able) > 1:
            raise click.UsageError(f"several tiers can be copied: --tier is one of {', '.join(able)}")
        for name, adapter in able.items():
            with working("copying", name) as progress:
                await adapter.backup(target, replace=replace, progress=progress)


async def _compacted(config: MemoryConfig, tier: str | None) -> dict[str, int]:
    async with MemorySystem(config) as memory:
        given_back = {}
        for name, adapter in chosen(memory, tier).items():
            if isinstance(adapter, SupportsCompaction):
                with working("compacting", name) as progress:
                    given_back[name] = await adapter.compact(progress=progress)
        if not given_back:
            raise unable(memory, tier, "compaction")
        return given_back


def _found(given: Path | None) -> MemoryConfig:
    return without_embedder(MemoryConfig.from_file(found_config(given)))
