"""From a configuration to tiers with their adapters: everything is checked before anything connects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.building import TierBuilder
from axon.core.concurrency import all_of
from axon.core.embedders import check_embedder, wired_embedder
from axon.core.embedding import CachingEmbedder
from axon.core.errors import AdapterNotFound, AxonError, ConfigError, PluginError, UnknownTier, WrongType
from axon.core.faults import built
from axon.core.registry import Registry, default_registry
from axon.core.sections import unused_sections
from axon.core.tier import Tier
from axon.spi.adapter import Adapter

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.spi.embedder import Embedder
    from axon.spi.middleware import Middleware


@frozen(kw_only=True)
class Wiring:
    """What a configuration comes to."""

    tiers: Mapping[str, Tier]
    """The shortest-lived first."""
    middleware: tuple[Middleware, ...]
    """What is around their calls, the outermost first."""
    embedder: CachingEmbedder | None
    owns_embedder: bool

    async def close(self) -> None:
        """Close what was built here, and not what was handed in."""
        closing = [tier.adapter.close() for tier in self.tiers.values() if tier.owned]
        if self.embedder is not None and self.owns_embedder:
            closing.append(self.embedder.aclose())
        await all_of(closing)


def wire(
    config: MemoryConfig,
    registry: Registry,
    adapters: Mapping[str, Adapter],
    inner: Sequence[Middleware],
    embedder: Embedder | None,
) -> Wiring:
    """Tiers with their adapters, the middleware around them, and the embedder.

    ``adapters`` and ``embedder`` are used as they are; ``inner`` comes inside of the middleware that ``config`` names.
    :class:`ConfigError` lists what is wrong in all of it at once.
    """
    _check_given(config, adapters, inner, embedder)
    errors: list[AxonError] = []
    middleware = (*_middleware(config, registry, errors), *inner)
    embedding = wired_embedder(config, registry, embedder, errors)
    builder = TierBuilder(config=config, registry=registry, middleware=middleware, embedder=embedding, errors=errors)
    tiers: dict[str, Tier] = {}
    for name, policy in config.tiers.items():
        tier = builder.around(name, policy, adapters[name]) if name in adapters else builder.built(name, policy)
        if tier is not None:
            tiers[name] = tier
    errors += unused_sections(config, registry, adapters.keys(), embedder_given=embedder is not None)
    _raise(errors)
    return Wiring(tiers=tiers, middleware=middleware, embedder=embedding, owns_embedder=embedder is None)


def wirable(path: Path, *, env: Mapping[str, str] | None = None, **overrides: Any) -> MemoryConfig:
    """The configuration in a file, if there is nothing wrong with reading it.

    If there is, :class:`ConfigError` has that and whatever :func:`wire` finds in what can be read, so that nobody
    mends the one to be told of the other.
    """
    from axon.core.config import MemoryConfig
    from axon.core.loading import attempted, file_source
    from axon.core.salvage import readable

    source = file_source(path, env=env, overrides=overrides)
    config, problems = attempted(MemoryConfig, source)
    if config is not None and not problems:
        return config
    rest = readable(MemoryConfig, source) if config is None else config
    raise ConfigError([*problems, *([] if rest is None else _problems_of_wiring(rest))])


def _problems_of_wiring(config: MemoryConfig) -> list[str]:
    try:
        wire(config, default_registry(), {}, (), None)
    except AxonError as error:
        return _problems([error])
    return []


def _check_given(
    config: MemoryConfig, adapters: Mapping[str, Adapter], inner: Sequence[Middleware], embedder: Embedder | None
) -> None:
    if not isinstance(adapters, Mapping):
        raise WrongType(f"adapters must map tiers to adapters, got {type(adapters).__name__}")
    for item in inner:
        if not callable(item):
            raise WrongType(f"middleware must be called as (call, proceed), got {type(item).__name__}")
    for name, adapter in adapters.items():
        if name not in config.tiers:
            raise UnknownTier(f"adapters has {name!r}, but the configured tiers are: {', '.join(config.tiers)}")
        if not isinstance(adapter, Adapter):
            raise WrongType(f"adapters[{name!r}] must be an axon.spi.Adapter, got {type(adapter).__name__}")
    if embedder is not None:
        check_embedder(embedder)


def _middleware(config: MemoryConfig, registry: Registry, errors: list[AxonError]) -> list[Middleware]:
    made: list[Middleware] = []
    for i, table in enumerate(config.middleware):
        at = f"middleware[{i}]"
        settings = {key: value for key, value in table.items() if key != "name"}
        try:
            spec = registry.middleware(table["name"])
        except AdapterNotFound as error:
            errors.append(AdapterNotFound(f"{at}: {error}"))
            continue
        except PluginError as error:
            errors.append(PluginError(f"{at}: {error}"))
            continue
        try:
            made.append(built(partial(spec.build, at=at), settings, spec.known_settings(), at=at))
        except (ConfigError, PluginError) as error:
            errors.append(error)
    return made


def _raise(errors: list[AxonError]) -> None:
    distinct = list({str(error): error for error in errors}.values())
    if len(distinct) == 1:
        raise distinct[0]
    if distinct:
        kinds = {type(error) if isinstance(error, ConfigError) else ConfigError for error in distinct}
        kind = kinds.pop() if len(kinds) == 1 else ConfigError
        raise kind(_problems(distinct))


def _problems(errors: Iterable[AxonError]) -> list[str]:
    """What ``errors`` say, each thing once."""
    problems: list[str] = []
    for error in errors:
        problems += error.problems if isinstance(error, ConfigError) else [str(error)]
    return list(dict.fromkeys(problems))
