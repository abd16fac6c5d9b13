"""Descriptions of what a plugin provides: cheap to make, and looking at one imports no driver."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import attrs
from attrs import Attribute, field, frozen

from axon.core.capabilities import Capability
from axon.core.environment import combined, resolve
from axon.core.errors import ConfigError, InvalidInput, PluginError
from axon.core.frozen import EMPTY

if TYPE_CHECKING:
    from axon.spi.adapter import Adapter
    from axon.spi.embedder import Embedder
    from axon.spi.middleware import Middleware

API = 1
"""The version of the contract that this core speaks."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _name(_: Any, __: Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput(f"name must be lower-case letters, digits and underscores, got {value!r}")


def _target(_: Any, attribute: Attribute[Any], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not _TARGET.fullmatch(value)):
        raise InvalidInput(f'{attribute.name} must be "module:name", got {value!r}')


def _capabilities(value: Iterable[Capability | str]) -> frozenset[Capability]:
    try:
        return frozenset(map(Capability, value))
    except ValueError as error:
        raise InvalidInput(f"{error}; known: {', '.join(Capability)}") from None


@frozen(kw_only=True)
class Spec:
    """What every provided thing has."""

    name: str = field(validator=_name)
    """What a configuration calls it: lower-case letters, digits, underscores."""
    target: str = field(validator=_target)
    """``"module:Class"``, imported when one is built."""
    options: str | None = field(default=None, validator=[_target])
    """``"module:Class"`` of an attrs class: its settings with their types and defaults. ``None``: it has none."""
    summary: str = ""
    api: int = API
    """The contract version it was written for; a newer one than the core's is refused."""

    def known_settings(self) -> frozenset[str]:
        """The names of the settings."""
        if self.options is None:
            return frozenset()
        options = _load(self.options)
        if not attrs.has(options):
            raise PluginError(f"{self.options} is no attrs class, which the options of {self.name!r} must be")
        return frozenset(attribute.alias for attribute in attrs.fields(options))

    def check(self, settings: Mapping[str, Any], *, at: str) -> None:
        """Find what is wrong with ``settings`` whatever the variables are that they refer to; errors as for ``build``.

        Nothing is built, and a variable need not be set.
        """
        _, unset, problems = self._options(settings, at)
        if found := combined(unset, problems)[len(unset) :]:
            raise ConfigError(found)

    def _options(self, settings: Mapping[str, Any], at: str) -> tuple[Any, list[str], list[str]]:
        """The options, which variables are not set, and what else is wrong."""
        from axon.core.conversion import structure

        if self.options is None:
            wrong = [f"{self.name!r} takes no settings, got {', '.join(settings)} @ {at}"] if settings else []
            return None, [], wrong
        resolved, unset = resolve(dict(settings), os.environ, at=at)
        try:
            return structure(resolved, _load(self.options), at=at), unset, []
        except ConfigError as error:
            return None, unset, list(error.problems)

    def _make(self, settings: Mapping[str, Any], at: str, given: Mapping[str, Any] = EMPTY) -> Any:
        cls = _load(self.target)
        options, unset, problems = self._options(settings, at)
        if found := combined(unset, problems):
            raise ConfigError(found)
        arguments = {} if options is None else {a.alias: getattr(options, a.name) for a in attrs.fields(type(options))}
        try:
            return cls(**arguments, **given)
        except InvalidInput as error:
            raise ConfigError(f"{error} @ {at}") from error


@frozen(kw_only=True)
class AdapterSpec(Spec):
    """An adapter: a subclass of :class:`~axon.spi.Adapter`."""

    capabilities: frozenset[Capability] = field(converter=_capabilities)

    def build(self, settings: Mapping[str, Any], *, at: str, **given: Any) -> Adapter:
        """An adapter with ``settings``, whose ``{env = ...}`` references are read now, and with what is ``given``.

        That is what no configuration can say, such as the ``clock`` of a test.

        :class:`~axon.core.errors.ConfigError` lists every problem with its path below ``at``;
        :class:`~axon.core.errors.PluginError` says that the target cannot be imported.
        """
        from axon.spi.adapter import Adapter

        adapter = self._make(settings, at, given)
        if not isinstance(adapter, Adapter):
            raise PluginError(f"{self.target} makes {type(adapter).__name__}, which is no axon.spi.Adapter")
        return adapter


@frozen(kw_only=True)
class EmbedderSpec(Spec):
    """An embedder: text to vectors."""

    def build(self, settings: Mapping[str, Any], *, at: str) -> Embedder:
        """An embedder with ``settings``; errors as for an adapter."""
        return cast("Embedder", self._make(settings, at))


@frozen(kw_only=True)
class MiddlewareSpec(Spec):
    """Middleware: what runs around calls."""

    def build(self, settings: Mapping[str, Any], *, at: str) -> Middleware:
        """Middleware with ``settings``; errors as for an adapter."""
        return cast("Middleware", self._make(settings, at))


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        return getattr(import_module(module), name)
    except Exception as error:  # whatever a plugin's module raises while it is imported
        raise PluginError(f"cannot load {target}: {type(error).__name__}: {error}") from error
