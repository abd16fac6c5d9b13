"""From a configuration to tiers with their adapters: everything is checked before anything connects."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.concurrency import all_of
from axon.core.embedders import check_embedder, wired_embedder
from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import (
    AdapterNotFound,
    AxonError,
    CapabilityError,
    ConfigError,
    EmbeddingFailed,
    InvalidInput,
    PluginError,
    UnknownTier,
    WrongType,
)
from axon.core.identifiers import check_name
from axon.core.policies import LONGEST_NAMESPACE
from axon.core.tier import Tier
from axon.spi.adapter import Adapter

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.policies import TierPolicy
    from axon.core.registry import Registry
    from axon.spi.embedder import Embedder
    from axon.spi.middleware import Middleware
    from axon.spi.spec import AdapterSpec


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


_MISSING = object()


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
    tiers: dict[str, Tier] = {}
    for name, policy in config.tiers.items():
        try:
            if name in adapters:
                capabilities = None if embedding is None else _declared(adapters[name], registry)
                tiers[name] = _handed_in(name, policy, adapters[name], capabilities, middleware)
            else:
                tiers[name] = _built(name, policy, config, registry, middleware=middleware, embedder=embedding)
        except (ConfigError, PluginError, EmbeddingFailed) as error:
            errors.append(error)
    _check_unused(config, registry, adapters, errors)
    _raise(errors)
    return Wiring(tiers=tiers, middleware=middleware, embedder=embedding, owns_embedder=embedder is None)


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
    built: list[Middleware] = []
    for i, table in enumerate(config.middleware):
        settings = {key: value for key, value in table.items() if key != "name"}
        try:
            built.append(registry.middleware(table["name"]).build(settings, at=f"middleware[{i}]"))
        except (ConfigError, PluginError) as error:
            errors.append(error)
    return built


def _check_unused(
    config: MemoryConfig, registry: Registry, adapters: Mapping[str, Adapter], errors: list[AxonError]
) -> None:
    """Check the settings of installed adapters that no tier uses, as far as it can be done without building one."""
    used = {policy.adapter_type for name, policy in config.tiers.items() if name not in adapters}
    for name in config.adapters.keys() - used:
        try:
            registry.adapter(name).check(config.adapters[name], at=f"adapters.{name}")
        except (AdapterNotFound, PluginError):  # what nobody uses need not be there
            continue
        except ConfigError as error:
            errors.append(error)


def _declared(adapter: Adapter, registry: Registry) -> frozenset[Capability] | None:
    """What an adapter that was handed in can do, if a plugin describes its class."""
    described = {spec.target: spec.capabilities for spec in registry.adapters().values()}
    classes = (f"{cls.__module__}:{cls.__qualname__}" for cls in type(adapter).__mro__)
    return next((described[name] for name in classes if name in described), None)


def _handed_in(
    name: str,
    policy: TierPolicy,
    adapter: Adapter,
    capabilities: frozenset[Capability] | None,
    middleware: Sequence[Middleware],
) -> Tier:
    _check_agreement(name, policy, adapter)
    return Tier(
        name,
        policy,
        adapter,
        adapter_name=type(adapter).__name__,
        capabilities=capabilities,
        owned=False,
        middleware=middleware,
    )


def _check_agreement(name: str, policy: TierPolicy, adapter: Adapter) -> None:
    """Refuse a policy that the adapter under it does not keep: nobody would notice until it matters."""
    wishes: dict[str, Any] = {}
    if policy.max_entries is not None:
        wishes |= {"max_entries": policy.max_entries, "eviction": policy.eviction}
    if policy.refresh_on_read:
        wishes["refresh_on_read"] = True
    for wish, value in wishes.items():
        if (own := getattr(adapter, wish, _MISSING)) != value:
            has = f"has no attribute {wish!r}" if own is _MISSING else f"has {own!r}"
            raise CapabilityError(
                f"{name}.{wish} is {value!r}, but the adapter that was handed in, {type(adapter).__name__}, {has}. "
                f"A ready adapter keeps its own rules: give it this one, or leave {name}.{wish} out."
            )


def _built(
    name: str,
    policy: TierPolicy,
    config: MemoryConfig,
    registry: Registry,
    *,
    middleware: Sequence[Middleware],
    embedder: CachingEmbedder | None,
) -> Tier:
    try:
        spec = registry.adapter(policy.adapter_type)
    except AdapterNotFound as error:
        raise AdapterNotFound(f"{name}.adapter_type: {error}") from None
    except PluginError as error:
        raise PluginError(f"{name}.adapter_type: {error}") from error
    _check_capabilities(name, policy, spec, registry)
    settings = _settings(name, policy, spec, config, embedder)
    return Tier(
        name,
        policy,
        spec.build(settings, at=f"adapters.{spec.name}"),
        adapter_name=spec.name,
        capabilities=spec.capabilities,
        owned=True,
        middleware=middleware,
    )


def _check_capabilities(name: str, policy: TierPolicy, spec: AdapterSpec, registry: Registry) -> None:
    needed = policy.requires | ({Capability.TTL} if policy.ttl_seconds is not None else frozenset())
    missing = needed - spec.capabilities
    if missing:
        able = ", ".join(registry.supporting(needed)) or "none"
        raise CapabilityError(
            f"{name}: adapter {spec.name!r} has no {' and no '.join(sorted(missing))}, which "
            f"{type(policy).__name__} needs. Installed adapters that have it: {able}. "
            f"Set {name}.adapter_type to one of these."
        )


def _settings(
    name: str, policy: TierPolicy, spec: AdapterSpec, config: MemoryConfig, embedder: CachingEmbedder | None
) -> dict[str, Any]:
    known = spec.known_settings()
    settings = dict(config.adapters.get(spec.name, {}))
    wishes: dict[str, Any] = {"max_entries": policy.max_entries, "refresh_on_read": policy.refresh_on_read or None}
    for wish in (key for key, value in wishes.items() if value is not None and key not in known):
        raise CapabilityError(
            f"{name}: adapter {spec.name!r} has no setting {wish!r}. Leave {name}.{wish} out, "
            f"or set {name}.adapter_type to an adapter that has it."
        )
    wishes["eviction"] = policy.eviction if policy.max_entries is not None else None
    settings |= {key: value for key, value in wishes.items() if value is not None}
    if "namespace" in known:
        settings["namespace"] = f"{_namespace(settings, config, at=f'adapters.{spec.name}')}:{name}"
    if "embedder" in known and embedder is not None:
        settings["embedder"] = identity(embedder)
    return settings


def _namespace(settings: Mapping[str, Any], config: MemoryConfig, *, at: str) -> str:
    from axon.core.conversion import structure
    from axon.core.environment import resolve

    given, problems = resolve({"namespace": settings.get("namespace", config.namespace)}, os.environ, at=at)
    if problems:
        raise ConfigError(problems)
    namespace = structure(given["namespace"], str, at=f"{at}.namespace")
    try:
        return check_name(namespace, "namespace", longest=LONGEST_NAMESPACE)
    except InvalidInput as error:
        raise ConfigError(f"{error} @ {at}.namespace") from None


def _raise(errors: list[AxonError]) -> None:
    if not errors:
        return
    if len(errors) == 1:
        raise errors[0]
    problems: list[str] = []
    for error in errors:
        problems += error.problems if isinstance(error, ConfigError) else [str(error)]
    raise ConfigError(list(dict.fromkeys(problems)))
