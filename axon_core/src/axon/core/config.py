"""Which tiers there are, which adapter keeps each, and how those are set up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from attrs import Attribute, field, frozen

from axon.core.errors import ConfigError, InvalidInput, WrongType, shown
from axon.core.identifiers import check_name
from axon.core.policies import LONGEST_NAMESPACE, POLICIES, EphemeralPolicy, PersistentPolicy, SessionPolicy, TierPolicy
from axon.core.secrets import masked


def _policy(_: Any, attribute: Attribute[Any], value: object) -> None:
    wanted = POLICIES[attribute.name]
    if value is not None and not isinstance(value, wanted):
        raise WrongType(f"{attribute.name} must be of type {wanted.__name__}, got {type(value).__name__}")


def _namespace(_: Any, __: Attribute[Any], value: object) -> None:
    check_name(value, "namespace", longest=LONGEST_NAMESPACE)


def _embedder(_: Any, __: Attribute[Any], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value):
        raise WrongType(f"embedder must name an embedder, got {shown(value)}; a ready one is given to MemorySystem")


def _adapters(value: Any) -> Mapping[str, Mapping[str, Any]]:
    return _settings(value, "adapter")


def _embedders(value: Any) -> Mapping[str, Mapping[str, Any]]:
    return _settings(value, "embedder")


def _settings(value: Any, kind: str) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        raise WrongType(f"{kind}s must hold a table of settings for each {kind}")
    if wrong := [repr(name) for name, table in value.items() if not isinstance(table, Mapping)]:
        raise WrongType(f"{kind}s must hold a table of settings for each {kind}, but {' and '.join(wrong)} is none")
    return {name: dict(table) for name, table in value.items()}


def _middleware(value: Any) -> tuple[Mapping[str, Any], ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise WrongType("middleware must be a list of names, or of tables with a name")
    tables = [{"name": item} if isinstance(item, str) else item for item in value]
    nameless = [
        f"middleware[{i}]"
        for i, table in enumerate(tables)
        if not isinstance(table, Mapping) or not isinstance(table.get("name"), str)
    ]
    if nameless:
        raise InvalidInput(
            f'a middleware is a name, or a table with one: {{ name = "logging", level = "info" }}; '
            f"this cannot be said of {' and '.join(nameless)}"
        )
    return tuple(dict(table) for table in tables)


@frozen(kw_only=True)
class MemoryConfig:
    """Any subset of the three tiers, and the settings of what they use.

    Nothing is resolved here: settings keep their ``{env = "NAME"}`` references until an adapter is
    built, so no config holds a secret that was not written into it, and a repr masks even those.
    """

    ephemeral: EphemeralPolicy | None = field(default=None, validator=_policy)
    session: SessionPolicy | None = field(default=None, validator=_policy)
    persistent: PersistentPolicy | None = field(default=None, validator=_policy)
    namespace: str = field(default="axon", validator=_namespace)
    """Keeps applications apart that share a store; each tier appends its name to it. At most 1013 characters."""
    adapters: Mapping[str, Mapping[str, Any]] = field(factory=dict, converter=_adapters, repr=lambda v: repr(masked(v)))
    """Settings of adapters, by adapter type."""
    embedder: str | None = field(default=None, validator=_embedder)
    """What makes vectors of texts, where a tier's adapter searches by them. ``None``: recall is by words."""
    embedders: Mapping[str, Mapping[str, Any]] = field(
        factory=dict, converter=_embedders, repr=lambda v: repr(masked(v))
    )
    """Settings of embedders, by name."""
    middleware: tuple[Mapping[str, Any], ...] = field(default=(), converter=_middleware, repr=lambda v: repr(masked(v)))
    """What runs around every call, the outermost first: names, or tables of a name and settings."""

    def __attrs_post_init__(self) -> None:
        if not self.tiers:
            raise ConfigError(f"no tier is configured: give at least one of {', '.join(POLICIES)}")

    @property
    def tiers(self) -> dict[str, TierPolicy]:
        """The configured tiers, the shortest-lived first."""
        policies = {name: getattr(self, name) for name in POLICIES}
        return {name: policy for name, policy in policies.items() if policy is not None}

    @classmethod
    def from_file(cls, path: str | Path, *, env: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """The configuration in a TOML or JSON file.

        Variables such as ``AXON_SESSION__ADAPTER_TYPE`` win over the file, ``overrides`` (policies, or
        mappings to be merged) over both. ``env`` stands in for the process's environment.
        :class:`ConfigError` lists all problems at once, each with the path of its key.
        """
        from axon.core.loading import load_file

        return load_file(cls, Path(path), env=env, overrides=overrides)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], *, env: Mapping[str, str] | None = None, at: str = "config") -> Self:
        """The same from a mapping laid out like the file; ``at`` names it in problems.

        The environment counts only if ``env`` is given.
        """
        from axon.core.loading import load_mapping

        return load_mapping(cls, data, env=env or {}, at=at)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """The configuration that ``AXON_*`` variables alone describe."""
        from axon.core.loading import load_environment

        return load_environment(cls, env=env)
