"""The tables of settings that nothing uses at present: they are checked, too, since a misspelt name is one of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from axon.core.errors import AdapterNotFound, AxonError, ConfigError, PluginError

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.registry import Registry
    from axon.spi.spec import Spec


def unused_sections(
    config: MemoryConfig, registry: Registry, handed_in: Collection[str], *, embedder_given: bool
) -> Iterator[AxonError]:
    """What is wrong with the tables of adapters and embedders that are not built.

    ``handed_in`` are the tiers that have a ready adapter: what their policies name need not be installed.
    """
    named = {policy.adapter_type for policy in config.tiers.values()}
    used = {policy.adapter_type for name, policy in config.tiers.items() if name not in handed_in}
    yield from _checked("adapters", config.adapters, registry.adapter, registry.blocked | named, used)
    embedder = set() if config.embedder is None else {config.embedder}
    used = set() if embedder_given else embedder
    yield from _checked("embedders", config.embedders, registry.embedder, registry.blocked | embedder, used)


def _checked(
    kind: str,
    tables: Mapping[str, Mapping[str, Any]],
    look_up: Callable[[str], Spec],
    excused: Collection[str],
    used: Collection[str],
) -> Iterator[AxonError]:
    """As far as it can be told without building: a variable that is not set is no problem where nothing needs it."""
    for name, settings in tables.items():
        if name in used:
            continue
        try:
            look_up(name).check(settings, at=f"{kind}.{name}")
        except AdapterNotFound as error:
            if name not in excused:
                yield AdapterNotFound(f"{kind}.{name}: {error}")
        except ConfigError as error:
            yield error
        except PluginError:  # it is installed, and a plugin that is broken harms nobody who does not use it
            continue
