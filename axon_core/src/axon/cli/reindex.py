"""``axon reindex``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from axon.cli.opening import found_config, without_embedder
from axon.cli.operating import chosen, tier_option, unable, working
from axon.cli.options import config_option, format_option
from axon.cli.output import print_json, print_table
from axon.core.config import MemoryConfig
from axon.core.embedders import wired_embedder
from axon.core.errors import AxonError, ConfigError
from axon.core.registry import default_registry
from axon.core.system import MemorySystem
from axon.spi import SupportsReindex

if TYPE_CHECKING:
    from axon.core.embedding import CachingEmbedder


@click.command()
@tier_option
@config_option
@format_option("one document")
def reindex(tier: str | None, config: Path | None, format: str) -> None:
    """Make all vectors anew with the configured embedder.

    The old vectors answer until there is a new one for every entry, and then all change at once. Interrupted, it
    goes on where it stopped.
    """
    found = MemoryConfig.from_file(found_config(config))
    embedded = asyncio.run(_reindexed(found, _embedder(found), tier))
    if format == "json":
        print_json({"tiers": embedded})
    else:
        print_table(("tier", "embedded"), [(name, str(number)) for name, number in embedded.items()])


async def _reindexed(config: MemoryConfig, embedder: CachingEmbedder, tier: str | None) -> dict[str, int]:
    try:
        async with MemorySystem(without_embedder(config)) as memory:
            embedded = {}
            for name, adapter in chosen(memory, tier).items():
                if isinstance(adapter, SupportsReindex):
                    with working("embedding", name) as progress:
                        embedded[name] = await adapter.reindex(embedder, progress=progress)
            if not embedded:
                raise unable(memory, tier, "embedding anew")
            return embedded
    finally:
        await embedder.aclose()


def _embedder(config: MemoryConfig) -> CachingEmbedder:
    errors: list[AxonError] = []
    embedder = wired_embedder(config, default_registry(), None, errors)
    if errors:
        raise errors[0]
    if embedder is None:
        raise ConfigError('no embedder is configured to make vectors with: say embedder = "..." in the configuration')
    return embedder
