"""From the policy of a tier to the tier, with the adapter that it names or with one that was handed in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import (
    AdapterNotFound,
    AxonError,
    CapabilityError,
    ConfigError,
    EmbeddingFailed,
    InvalidInput,
    PluginError,
)
from axon.core.faults import built
from axon.core.identifiers import check_name
from axon.core.policies import LONGEST_NAMESPACE
from axon.core.tier import Tier

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.policies import TierPolicy
    from axon.core.registry import Registry
    from axon.spi.adapter import Adapter
    from axon.spi.middleware import Middleware
    from axon.spi.spec import AdapterSpec

_MISSING = object()


@frozen(kw_only=True)
class TierBuilder:
    """Makes the tiers of a system; what is wrong with them goes into ``errors``, all of it."""

    config: MemoryConfig
    registry: Registry
    middleware: Sequence[Middleware]
    embedder: CachingEmbedder | None
    errors: list[AxonError]

    def around(self, name: str, policy: TierPolicy, adapter: Adapter) -> Tier:
        """A tier with an adapter that was handed in."""
        self._check_agreement(name, policy, adapter)
        return Tier(
            name,
            policy,
            adapter,
            adapter_name=type(adapter).__name__,
            capabilities=None if self.embedder is None else self._declared(adapter),
            owned=False,
            middleware=self.middleware,
        )

    def built(self, name: str, policy: TierPolicy) -> Tier | None:
        """A tier with the adapter that its policy names; ``None`` where that cannot be built."""
        try:
            spec = self.registry.adapter(policy.adapter_type)
        except AdapterNotFound as error:
            self.errors.append(AdapterNotFound(f"{name}.adapter_type: {error}"))
            return None
        except PluginError as error:
            self.errors.append(PluginError(f"{name}.adapter_type: {error}"))
            return None
        self._check_capabilities(name, policy, spec)
        at = f"adapters.{spec.name}"
        try:
            known = spec.known_settings()
            settings = self._settings(name, policy, spec, known)
            adapter = built(partial(spec.build, at=at), settings, known, at=at)
        except (ConfigError, PluginError) as error:
            self.errors.append(error)
            return None
        return Tier(
            name,
            policy,
            adapter,
            adapter_name=spec.name,
            capabilities=spec.capabilities,
            owned=True,
            middleware=self.middleware,
        )

    def _check_agreement(self, name: str, policy: TierPolicy, adapter: Adapter) -> None:
        """Refuse a policy that the adapter under it does not keep: nobody would notice until it matters."""
        wishes: dict[str, Any] = {}
        if policy.max_entries is not None:
            wishes |= {"max_entries": policy.max_entries, "eviction": policy.eviction}
        if policy.refresh_on_read:
            wishes["refresh_on_read"] = True
        for wish, value in wishes.items():
            if (own := getattr(adapter, wish, _MISSING)) != value:
                has = f"has no attribute {wish!r}" if own is _MISSING else f"has {own!r}"
                self.errors.append(
                    CapabilityError(
                        f"{name}.{wish} is {value!r}, but the adapter that was handed in, "
                        f"{type(adapter).__name__}, {has}. "
                        f"A ready adapter keeps its own rules: give it this one, or leave {name}.{wish} out."
                    )
                )

    def _declared(self, adapter: Adapter) -> frozenset[Capability] | None:
        """What an adapter that was handed in can do, if a plugin describes its class."""
        described = {spec.target: spec.capabilities for spec in self.registry.adapters().values()}
        classes = (f"{cls.__module__}:{cls.__qualname__}" for cls in type(adapter).__mro__)
        return next((described[name] for name in classes if name in described), None)

    def _check_capabilities(self, name: str, policy: TierPolicy, spec: AdapterSpec) -> None:
        needed = policy.requires | ({Capability.TTL} if policy.ttl_seconds is not None else frozenset())
        missing = needed - spec.capabilities
        if missing:
            able = ", ".join(self.registry.supporting(needed)) or "none"
            self.errors.append(
                CapabilityError(
                    f"{name}: adapter {spec.name!r} has no {' and no '.join(sorted(missing))}, which "
                    f"{type(policy).__name__} needs. Installed adapters that have it: {able}. "
                    f"Set {name}.adapter_type to one of these."
                )
            )

    def _settings(self, name: str, policy: TierPolicy, spec: AdapterSpec, known: frozenset[str]) -> dict[str, Any]:
        """What the adapter is built with: its table, and what the policy and the system say."""
        settings = dict(self.config.adapters.get(spec.name, {}))
        wishes: dict[str, Any] = {"max_entries": policy.max_entries, "refresh_on_read": policy.refresh_on_read or None}
        for wish in [key for key, value in wishes.items() if value is not None and key not in known]:
            del wishes[wish]
            self.errors.append(
                CapabilityError(
                    f"{name}: adapter {spec.name!r} has no setting {wish!r}. Leave {name}.{wish} out, "
                    f"or set {name}.adapter_type to an adapter that has it."
                )
            )
        wishes["eviction"] = policy.eviction if wishes.get("max_entries") is not None else None
        settings |= {key: value for key, value in wishes.items() if value is not None}
        if "namespace" in known:
            settings["namespace"] = f"{self._namespace(settings, at=f'adapters.{spec.name}')}:{name}"
        if "embedder" in known and self.embedder is not None:
            try:
                settings["embedder"] = identity(self.embedder)
            except EmbeddingFailed as error:
                self.errors.append(error)
        return settings

    def _namespace(self, settings: Mapping[str, Any], *, at: str) -> str:
        """That of the settings, else that of the configuration, which also stands in for one that cannot be used."""
        from axon.core.conversion import structure
        from axon.core.environment import resolve

        given, unset = resolve({"namespace": settings.get("namespace", self.config.namespace)}, os.environ, at=at)
        if unset:
            self.errors.append(ConfigError(unset))
            return self.config.namespace
        try:
            namespace = structure(given["namespace"], str, at=f"{at}.namespace")
            return check_name(namespace, "namespace", longest=LONGEST_NAMESPACE)
        except ConfigError as error:
            self.errors.append(error)
        except InvalidInput as error:
            self.errors.append(ConfigError(f"{error} @ {at}.namespace"))
        return self.config.namespace
