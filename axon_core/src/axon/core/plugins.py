"""Plugins: found by their entry points, loaded one at a time, and asked once what they provide."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

import pluggy

from axon.core import plugin as own_plugin
from axon.core.errors import PluginError
from axon.core.hooks import HookManager, idleness, implementations, output_aside
from axon.spi import hookspecs
from axon.spi.markers import PROJECT
from axon.spi.spec import API, AdapterSpec, EmbedderSpec, MiddlewareSpec, Spec

GROUP = "axon"
CORE = "axon-core"
BY_HAND = "registered by hand"
BLOCKED_VARIABLE = "AXON_BLOCKED_PLUGINS"

_KINDS: Mapping[str, type[Spec]] = {
    "axon_adapters": AdapterSpec,
    "axon_embedders": EmbedderSpec,
    "axon_middleware": MiddlewareSpec,
}


class Plugins:
    """The plugins that are installed or were registered by hand, with what those that were loaded provide.

    A plugin that cannot be used has a sentence in :attr:`problems` and provides nothing. What an entry point is
    called belongs to its plugin: another one that provides a thing of that name cannot be used, whichever of them
    was loaded first.
    """

    def __init__(self, *, blocked: Iterable[str], entry_points: Iterable[metadata.EntryPoint] | None) -> None:
        self._manager = HookManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        variable = os.environ.get(BLOCKED_VARIABLE, "")
        self.blocked = frozenset(blocked) | {name.strip() for name in variable.split(",")}
        self._given = entry_points
        self._found: dict[str, list[metadata.EntryPoint]] | None = None
        self.problems: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        """By plugin, the distribution that it comes from, with its version."""
        self._specs: dict[str, list[Spec]] = {}
        self._aliases: dict[str, str] = {}
        """By the name of an entry point, under which name its plugin was registered before."""
        self._add(own_plugin, CORE, CORE)

    @property
    def entry_points(self) -> dict[str, list[metadata.EntryPoint]]:
        """Those that are not blocked, by name; none is imported."""
        if self._found is None:
            found: dict[str, list[metadata.EntryPoint]] = {}
            for entry_point in metadata.entry_points(group=GROUP) if self._given is None else self._given:
                if entry_point.name not in self.blocked:
                    found.setdefault(entry_point.name, []).append(entry_point)
            self._found = found
        return self._found

    def register(self, plugin: object, name: str | None) -> None:
        """Add a plugin by hand; :class:`PluginError` says why it cannot be used."""
        try:
            self._add(plugin, name or self._manager.get_canonical_name(plugin), BY_HAND)
        except (pluggy.PluginValidationError, PluginError, ValueError) as error:
            raise PluginError(f"plugin {name or plugin!r} cannot be registered: {error}") from None

    def load(self, name: str) -> None:
        """Import the plugin of this entry point, unless that was tried before."""
        if name in self.problems or self._manager.has_plugin(name):
            return
        found = self.entry_points[name]
        if len(found) > 1:
            both = " and ".join(sorted(map(distribution, found)))
            self.problems[name] = f"the name is claimed by {both}: uninstall one of them"
            return
        if not found[0].pattern.match(found[0].value):
            self.problems[name] = f"its entry point is {found[0].value!r}, which is no module, such as axon_name.plugin"
            return
        try:
            with output_aside():
                plugin = found[0].load()
        except (Exception, SystemExit) as error:  # a plugin may raise anything while it is imported
            self.problems[name] = f"importing {found[0].value} failed: {type(error).__name__}: {error}"
            return
        if self._manager.is_registered(plugin):  # one module that provides several names
            self._aliases[name] = str(self._manager.get_name(plugin))
            return
        try:
            self._add(plugin, name, distribution(found[0]), found[0])
        except (pluggy.PluginValidationError, PluginError, ValueError) as error:
            self.problems[name] = str(error)

    def load_all(self) -> None:
        """Import every plugin that is not blocked; what then has nothing to offer is a problem, too."""
        for name in sorted(self.entry_points):
            self.load(name)
        provided = {spec.name for spec, _ in self.provided()}
        for name in (self._specs.keys() | self._aliases.keys()) - provided:
            plugin = self._aliases.get(name, name)
            if not self._specs[plugin] and (problem := idleness(self._manager, plugin)):
                self.problems[name] = problem

    def provided(self) -> Iterator[tuple[Spec, str]]:
        """What the loaded plugins provide, each with the name of its plugin, in the order of loading."""
        for name, specs in self._specs.items():
            for spec in specs:
                yield spec, name

    def ask(self, hook: str, **arguments: Any) -> Iterator[tuple[str, list[Any] | PluginError]]:
        """What each loaded plugin answers now, by its name, or how it failed."""
        for implementation in implementations(self._manager, hook):
            try:
                yield implementation.plugin_name, self._answer(implementation, **arguments)
            except PluginError as error:
                yield implementation.plugin_name, error

    def _add(self, plugin: object, name: str, origin: str, entry_point: metadata.EntryPoint | None = None) -> None:
        self._manager.register(plugin, name)
        before, self.origins[name] = self.origins.get(name), origin
        try:
            self._manager.check_pending()
            specs = [spec for hook, kind in _KINDS.items() for spec in self._described(name, hook, kind)]
            if entry_point is not None:
                self._check_names(entry_point, specs)
        except Exception:
            self._manager.unregister(name=name)
            if before is None:
                del self.origins[name]
            raise
        self._specs[name] = specs

    def _described(self, name: str, hook: str, kind: type[Spec]) -> list[Spec]:
        specs: list[Any] = []
        for implementation in implementations(self._manager, hook):
            if implementation.plugin_name == name:
                specs += self._answer(implementation)
        for spec in specs:
            _check_spec(spec, kind, hook)
        return specs

    def _check_names(self, entry_point: metadata.EntryPoint, specs: Iterable[Spec]) -> None:
        """Refuse what belongs to another distribution: the names of its entry points, and those of the core."""
        own = {(type(spec), spec.name) for spec in self._specs[CORE]}
        for spec in specs:
            owners = [CORE] if (type(spec), spec.name) in own else []
            if spec.name != entry_point.name:
                others = self.entry_points.get(spec.name, [])
                owners += [distribution(other) for other in others if not _same_source(other, entry_point)]
            if owners:
                raise PluginError(
                    f"{distribution(entry_point)} provides the {noun(type(spec))} {spec.name!r}, and that name belongs "
                    f"to {' and '.join(owners)}: uninstall one of them, or block {entry_point.name!r} with "
                    f"{BLOCKED_VARIABLE}"
                )

    def _answer(self, implementation: pluggy.HookImpl, **arguments: Any) -> list[Any]:
        function: Callable[..., Any] = implementation.function
        try:
            with output_aside():
                given = function(*(arguments[name] for name in implementation.argnames))
                return [given] if isinstance(given, str) else list(given or ())
        except Exception as error:  # a plugin's hook may raise anything
            name = implementation.plugin_name
            raise PluginError(
                f"plugin {name!r} ({self.origins.get(name, name)}) failed in its hook "
                f"{function.__name__}: {type(error).__name__}: {error}"
            ) from error


def _check_spec(spec: object, kind: type[Spec], hook: str) -> None:
    if not isinstance(spec, kind):
        raise PluginError(f"its hook {hook}() gave {spec!r}, which is no {kind.__name__}")
    if type(spec.api) is not int:
        raise PluginError(f"{noun(kind)} {spec.name!r} gives api={spec.api!r}, which is no version of the contract")
    if spec.api > API:
        raise PluginError(
            f"{noun(kind)} {spec.name!r} was written for version {spec.api} of the contract, and this "
            f"axon-core speaks version {API}: pip install --upgrade axon-core"
        )


def _same_source(one: metadata.EntryPoint, other: metadata.EntryPoint) -> bool:
    names = [None if point.dist is None else _said(point.dist, "Name") for point in (one, other)]
    return one.value == other.value or (names[0] is not None and names[0] == names[1])


def noun(kind: type[Spec]) -> str:
    """What a spec of this kind describes, in a word."""
    return kind.__name__.removesuffix("Spec").lower()


def distribution(entry_point: metadata.EntryPoint) -> str:
    """The distribution of an entry point, with its version."""
    dist = entry_point.dist
    if dist is None:
        return "an unknown distribution"
    name = _said(dist, "Name") or f"a distribution whose metadata tells no name, in {dist.locate_file('')}"
    return f"{name} {_said(dist, 'Version') or '(no version)'}"


def _said(dist: metadata.Distribution, key: str) -> str | None:
    """What the metadata of a distribution says; ``None`` where it is broken."""
    try:
        said = dist.metadata.get_all(key)
    except (OSError, ValueError):  # it is not there, or no text
        return None
    return str(said[0]) if said else None
