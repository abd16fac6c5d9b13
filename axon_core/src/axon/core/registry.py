"""What is installed: plugins are found by their entry points and describe what they provide.

An entry point of the group ``axon`` is called what its adapter is called, so that a lookup imports
one plugin, and a plugin that cannot be imported is a line in a list and not a crash.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from attrs import frozen

from axon.core import plugin as own_plugin
from axon.core.errors import AdapterNotFound, PluginError
from axon.spi import hookspecs
from axon.spi.markers import PROJECT
from axon.spi.spec import API, AdapterSpec, EmbedderSpec, MiddlewareSpec, Spec

if TYPE_CHECKING:
    from axon.core.capabilities import Capability
    from axon.core.config import MemoryConfig

GROUP = "axon"
BLOCKED_VARIABLE = "AXON_BLOCKED_PLUGINS"

_BY_HAND = "registered by hand"
_FIRST_PARTY = {"memory": "axon-inmemory", "redis": "axon-redis", "vector": "axon-vector"}

AnySpec = TypeVar("AnySpec", bound=Spec)


@frozen
class Plugin:
    """A plugin that is installed or was registered by hand."""

    name: str
    distribution: str
    """The distribution with its version, or ``"registered by hand"``."""
    problem: str | None = None
    """Why it cannot be used."""


class Registry:
    """The adapters, embedders and middleware that plugins provide.

    ``entry_points`` stands in for the installed ones. Plugins named in ``blocked`` or, separated by
    commas, in the variable ``AXON_BLOCKED_PLUGINS`` are left alone.
    """

    def __init__(
        self, *, blocked: Iterable[str] = (), entry_points: Iterable[metadata.EntryPoint] | None = None
    ) -> None:
        self._manager = _HookManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(own_plugin, "axon-core")
        variable = os.environ.get(BLOCKED_VARIABLE, "")
        self._blocked = frozenset(blocked) | {name.strip() for name in variable.split(",")}
        self._given = entry_points
        self._found: dict[str, list[metadata.EntryPoint]] | None = None
        self._origin: dict[str, str] = {"axon-core": "axon-core"}
        self._problems: dict[str, str] = {}

    def register(self, plugin: object, name: str | None = None) -> None:
        """Add a plugin (a module or an object with hooks) by hand: for tests and notebooks."""
        try:
            registered = self._manager.register(plugin, name)
            self._manager.check_pending()
            self._validate(registered or "")
        except (pluggy.PluginValidationError, PluginError, ValueError) as error:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            raise PluginError(f"plugin {name or plugin!r} cannot be registered: {error}") from None
        self._origin[registered or ""] = _BY_HAND

    def names(self) -> tuple[str, ...]:
        """The names of the entry points; none is imported."""
        return tuple(sorted(self._entry_points()))

    def plugins(self) -> list[Plugin]:
        """Every plugin that is installed or registered, after an attempt to load each."""
        self._load_all()
        problems = self._conflicts() | self._problems
        origins = {name: ", ".join(sorted(map(_distribution, found))) for name, found in self._entry_points().items()}
        by_hand = {name: origin for name, origin in self._origin.items() if origin == _BY_HAND}
        return [Plugin(name, origin, problems.get(name)) for name, origin in sorted((origins | by_hand).items())]

    def adapter(self, name: str) -> AdapterSpec:
        """The adapter called ``name``, importing as few plugins as possible.

        :class:`AdapterNotFound` names the closest one and, for ours, the pip command;
        :class:`PluginError` says why an installed one cannot be used.
        """
        return self._lookup("axon_adapters", AdapterSpec, name)

    def adapters(self) -> dict[str, AdapterSpec]:
        """Every adapter of every plugin that loads, by name."""
        return self._all("axon_adapters", AdapterSpec)

    def embedder(self, name: str) -> EmbedderSpec:
        """The embedder called ``name``; errors as for :meth:`adapter`."""
        return self._lookup("axon_embedders", EmbedderSpec, name)

    def embedders(self) -> dict[str, EmbedderSpec]:
        """Every embedder of every plugin that loads, by name."""
        return self._all("axon_embedders", EmbedderSpec)

    def middleware(self, name: str) -> MiddlewareSpec:
        """The middleware called ``name``; errors as for :meth:`adapter`."""
        return self._lookup("axon_middleware", MiddlewareSpec, name)

    def advice(self, config: MemoryConfig) -> list[str]:
        """What the plugins find unwise about ``config``."""
        self._load_all()
        sentences: list[str] = []
        for implementation in self._implementations("axon_check_config"):
            name = implementation.plugin_name
            try:
                given = self._call(implementation, config=config)
            except PluginError as error:
                given = [f"no advice from {name!r}: {error}"]
            if not all(isinstance(sentence, str) for sentence in given):
                given = [f"no advice from {name!r}: its hook axon_check_config() gave no list of sentences"]
            sentences += given
        return sentences

    def supporting(self, wanted: Iterable[Capability]) -> list[str]:
        """The names of the adapters that have all the capabilities."""
        need = frozenset(wanted)
        return sorted(name for name, spec in self.adapters().items() if need <= spec.capabilities)

    def provider(self, spec: Spec) -> str:
        """The distribution that provides ``spec``, with its version."""
        for hook in ("axon_adapters", "axon_embedders", "axon_middleware"):
            for implementation in self._implementations(hook):
                if spec in self._call(implementation):
                    return self._origin.get(implementation.plugin_name, implementation.plugin_name)
        return "unknown"

    # -- loading -----------------------------------------------------------

    def _entry_points(self) -> dict[str, list[metadata.EntryPoint]]:
        if self._found is None:
            found: dict[str, list[metadata.EntryPoint]] = {}
            for entry_point in metadata.entry_points(group=GROUP) if self._given is None else self._given:
                if entry_point.name not in self._blocked:
                    found.setdefault(entry_point.name, []).append(entry_point)
            self._found = found
        return self._found

    def _load(self, name: str) -> None:
        if name in self._problems or self._manager.has_plugin(name):
            return
        found = self._entry_points()[name]
        if len(found) > 1:
            both = " and ".join(sorted(map(_distribution, found)))
            self._problems[name] = f"the name is claimed by {both}: uninstall one of them"
            return
        self._origin[name] = _distribution(found[0])
        try:
            plugin = found[0].load()
        except (Exception, SystemExit) as error:  # a plugin may raise anything while it is imported
            self._problems[name] = f"importing {found[0].value} failed: {type(error).__name__}: {error}"
            return
        if self._manager.is_registered(plugin):  # one module that provides several names
            return
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
            self._validate(name)
        except (pluggy.PluginValidationError, PluginError, ValueError) as error:
            self._problems[name] = str(error)
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)

    def _load_all(self) -> None:
        for name in self.names():
            self._load(name)

    def _validate(self, plugin_name: str) -> None:
        for hook, kind in _KINDS.items():
            for implementation in self._implementations(hook):
                if implementation.plugin_name == plugin_name:
                    for spec in self._call(implementation):
                        _check_spec(spec, kind, hook)

    # -- asking ------------------------------------------------------------

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()

    def _call(self, implementation: pluggy.HookImpl, **arguments: Any) -> list[Any]:
        function: Callable[..., Any] = implementation.function
        try:
            given = function(*(arguments[name] for name in implementation.argnames))
            return [given] if isinstance(given, str) else list(given or ())
        except Exception as error:  # a plugin's hook may raise anything
            name = implementation.plugin_name
            raise PluginError(
                f"plugin {name!r} ({self._origin.get(name, name)}) failed in its hook "
                f"{function.__name__}: {type(error).__name__}: {error}"
            ) from error

    def _providers(self, hook: str, kind: type[AnySpec]) -> dict[str, list[tuple[AnySpec, str]]]:
        """For each name the specs that plugins give, with the plugin's name: more than one is a conflict."""
        providers: dict[str, list[tuple[AnySpec, str]]] = {}
        for implementation in reversed(self._implementations(hook)):
            for spec in self._call(implementation):
                _check_spec(spec, kind, hook)
                providers.setdefault(spec.name, []).append((spec, implementation.plugin_name))
        return providers

    def _all(self, hook: str, kind: type[AnySpec]) -> dict[str, AnySpec]:
        self._load_all()
        return {name: given[0][0] for name, given in self._providers(hook, kind).items() if len(given) == 1}

    def _lookup(self, hook: str, kind: type[AnySpec], name: str) -> AnySpec:
        if name in self._entry_points():
            self._load(name)
        given = self._providers(hook, kind).get(name)
        if given is None:
            self._load_all()
            given = self._providers(hook, kind).get(name)
        if given is None:
            raise self._not_found(kind, name, sorted(self._providers(hook, kind)))
        if len(given) > 1:
            raise PluginError(self._conflict(kind, given))
        return given[0][0]

    def _conflict(self, kind: type[Spec], given: Sequence[tuple[Spec, str]]) -> str:
        claims = " and ".join(f"{spec.target} by {self._origin.get(name, name)}" for spec, name in given)
        return (
            f"{_noun(kind)} {given[0][0].name!r} is provided twice: {claims}; uninstall one of them, "
            f"or block its plugin with {BLOCKED_VARIABLE}"
        )

    def _conflicts(self) -> dict[str, str]:
        """By plugin, what it provides that another one provides too."""
        found: dict[str, str] = {}
        for hook, kind in _KINDS.items():
            for given in self._providers(hook, kind).values():
                if len(given) > 1:
                    found |= dict.fromkeys((name for _, name in given), self._conflict(kind, given))
        return found

    def _not_found(self, kind: type[Spec], name: str, known: list[str]) -> Exception:
        noun = _noun(kind)
        if name in self._blocked:
            return AdapterNotFound(f"the {noun} {name!r} is blocked: take it out of {BLOCKED_VARIABLE}")
        if name in self._problems:
            origin = ", ".join(map(_distribution, self._entry_points()[name]))
            return PluginError(f"{noun} {name!r} is installed ({origin}) but cannot be used: {self._problems[name]}")
        if kind is AdapterSpec and name in self._entry_points():
            origin = ", ".join(map(_distribution, self._entry_points()[name]))
            return PluginError(
                f"the plugin {name!r} ({origin}) is installed but describes no {noun} {name!r}: "
                "its hooks need the decorator @hookimpl and its spec this name"
            )
        ours = _FIRST_PARTY if kind is AdapterSpec else {}
        close = get_close_matches(name, [*known, *ours], n=1)
        hint = f"did you mean {close[0]!r}? " if close and close[0] != name else ""
        wanted = ours.get(name) or ours.get(close[0] if close and close[0] not in known else "")
        install = f" Install {'it' if name in ours else close[0]} with: pip install {wanted}" if wanted else ""
        return AdapterNotFound(
            f"no installed plugin provides the {noun} {name!r}; {hint}installed: {', '.join(known) or 'none'}.{install}"
        )


class _HookManager(pluggy.PluginManager):
    """Refuses the hooks that pluggy would take and then misuse."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        options = super().parse_hookimpl_opts(plugin, name)
        if options is None:
            return None
        function = getattr(plugin, name)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise pluggy.PluginValidationError(
                plugin,
                f"its hook {name!r} is declared 'async def', but hooks are called while a system is wired, "
                "outside of any event loop: write a plain 'def' that returns objects with async methods",
            )
        parameters = inspect.signature(function).parameters.values()
        if any(p.default is not p.empty for p in parameters):
            raise pluggy.PluginValidationError(
                plugin, f"its hook {name!r} gives defaults to arguments, which pluggy passes or not by its version"
            )
        return options


_KINDS: Mapping[str, type[Spec]] = {
    "axon_adapters": AdapterSpec,
    "axon_embedders": EmbedderSpec,
    "axon_middleware": MiddlewareSpec,
}


def _check_spec(spec: object, kind: type[Spec], hook: str) -> None:
    if not isinstance(spec, kind):
        raise PluginError(f"its hook {hook}() gave {spec!r}, which is no {kind.__name__}")
    if type(spec.api) is not int:
        raise PluginError(f"{_noun(kind)} {spec.name!r} gives api={spec.api!r}, which is no version of the contract")
    if spec.api > API:
        raise PluginError(
            f"{_noun(kind)} {spec.name!r} was written for version {spec.api} of the contract, and this "
            f"axon-core speaks version {API}: pip install --upgrade axon-core"
        )


def _noun(kind: type[Spec]) -> str:
    return kind.__name__.removesuffix("Spec").lower()


def _distribution(entry_point: metadata.EntryPoint) -> str:
    dist = entry_point.dist
    return f"{dist.name} {dist.version}" if dist is not None else "an unknown distribution"


@cache
def default_registry() -> Registry:
    """The registry of the installed plugins, made at the first call."""
    return Registry()
