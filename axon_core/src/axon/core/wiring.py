"""From a configuration to tiers with their adapters: everything is checked before anything connects."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from axon.core.capabilities import Capability
from axon.core.errors import (
    AdapterNotFound,
    AxonError,
    CapabilityError,
    ConfigError,
    PluginError,
    UnknownTier,
    WrongType,
)
from axon.core.identifiers import check_name
from axon.core.tier import Tier
from axon.spi.adapter import Adapter

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.policies import TierPolicy
    from axon.core.registry import Registry
    from axon.spi.middleware import Middleware
    from axon.spi.spec import AdapterSpec


def wire(
    config: MemoryConfig, registry: Registry, adapters: Mapping[str, Adapter], inner: Sequence[Middleware]
) -> tuple[dict[str, Tier], tuple[Middleware, ...]]:
    """The tiers of ``config``, the shortest-lived first, and the middleware around their calls, the outermost first.

    ``adapters`` are used as they are; ``inner`` comes inside of the middleware that ``config`` names.
    :class:`ConfigError` lists what is wrong in all of it at once.
    """
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
    errors: list[AxonError] = []
    middleware = (*_middleware(config, registry, errors), *inner)
    tiers: dict[str, Tier] = {}
    for name, policy in config.tiers.items():
        try:
            if name in adapters:
                tiers[name] = _handed_in(name, policy, adapters[name], middleware)
            else:
                tiers[name] = _built(name, policy, config, registry, middleware)
        except (ConfigError, PluginError) as error:
            errors.append(error)
    _raise(errors)
    return tiers, middleware


def _middleware(config: MemoryConfig, registry: Registry, errors: list[AxonError]) -> list[Middleware]:
    built: list[Middleware] = []
    for i, table in enumerate(config.middleware):
        settings = {key: value for key, value in table.items() if key != "name"}
        try:
            built.append(registry.middleware(table["name"]).build(settings, at=f"middleware[{i}]"))
        except (ConfigError, PluginError) as error:
            errors.append(error)
    return built


def _handed_in(name: str, policy: TierPolicy, adapter: Adapter, middleware: Sequence[Middleware]) -> Tier:
    return Tier(
        name,
        policy,
        adapter,
        adapter_name=type(adapter).__name__,
        capabilities=None,
        owned=False,
        middleware=middleware,
    )


def _built(
    name: str, policy: TierPolicy, config: MemoryConfig, registry: Registry, middleware: Sequence[Middleware]
) -> Tier:
    try:
        spec = registry.adapter(policy.adapter_type)
    except AdapterNotFound as error:
        raise AdapterNotFound(f"{name}.adapter_type: {error}") from None
    except PluginError as error:
        raise PluginError(f"{name}.adapter_type: {error}") from error
    _check_capabilities(name, policy, spec, registry)
    settings = _settings(name, policy, spec, config)
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


def _settings(name: str, policy: TierPolicy, spec: AdapterSpec, config: MemoryConfig) -> dict[str, Any]:
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
    return settings


def _namespace(settings: Mapping[str, Any], config: MemoryConfig, *, at: str) -> str:
    from axon.core.loading import resolve, structure

    given, problems = resolve({"namespace": settings.get("namespace", config.namespace)}, os.environ, at=at)
    if problems:
        raise ConfigError(problems)
    return check_name(structure(given["namespace"], str, at=f"{at}.namespace"), "namespace")


def _raise(errors: list[AxonError]) -> None:
    if not errors:
        return
    if len(errors) == 1:
        raise errors[0]
    problems: list[str] = []
    for error in errors:
        problems += error.problems if isinstance(error, ConfigError) else [str(error)]
    raise ConfigError(list(dict.fromkeys(problems)))
