"""From the options of a command to the memory it works on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs
import click

from axon.cli.failures import note
from axon.core.config import MemoryConfig
from axon.sync import MemorySystem

VARIABLE = "AXON_CONFIG"
_DEFAULT = Path("axon.toml")


def found_config(given: Path | None) -> Path:
    """``given``, else the file that ``AXON_CONFIG`` names, else ``./axon.toml``."""
    if given is not None:
        return given
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if _DEFAULT.exists():
        return _DEFAULT
    raise click.UsageError(f"no configuration: give --config FILE, set {VARIABLE}, or go where an {_DEFAULT} is")


def opened_memory(given: Path | None) -> MemorySystem:
    """The memory of that configuration; ``with`` closes it."""
    return MemorySystem(MemoryConfig.from_file(found_config(given)))


def without_embedder(config: MemoryConfig) -> MemoryConfig:
    """``config`` for what embeds nothing: no model need be loaded, nor be the one of the stored vectors."""
    settings = {name: {k: v for k, v in table.items() if k != "embedder"} for name, table in config.adapters.items()}
    return attrs.evolve(config, embedder=None, adapters=settings)


def note_volatile(config: MemoryConfig, written: Iterable[str]) -> None:
    """Say so if what was just written to these tiers ends with this process."""
    volatile = [tier for tier in config.tiers if tier in set(written) and config.tiers[tier].adapter_type == "memory"]
    if volatile:
        tiers = " and ".join(volatile)
        note(f'{tiers}: adapter_type "memory" keeps entries in this process, so they are gone now that it ends')
