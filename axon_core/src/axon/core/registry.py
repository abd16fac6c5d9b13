"""What is installed: the adapters, embedders and middleware that plugins provide.

An entry point of the group ``axon`` is called what its adapter is called, so that a lookup imports
one plugin, and a plugin that cannot be imported is a line in a list and not a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from axon.core.errors import AdapterNotFound, PluginError
from axon.core.plugins import BLOCKED_VARIABLE, BY_HAND, CORE, Plugins, distribution, noun
from axon.core.suggestions import closest, did_you_mean
from axon.spi.spec import AdapterSpec, EmbedderSpec, MiddlewareSpec, Spec

if TYPE_CHECKING:
    from axon.core.capabilities import Capability
    from axon.core.config import MemoryConfig

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
    commas, in the variable ``AXON_BLOCKED_PLUGINS`` are left alone. Each plugin is asked once what it provides.
    """

    def __init__(
        self, *, blocked: Iterable[str] = (), entry_points: Iterable[metadata.EntryPoint] | None = None
    ) -> None:
        self._plugins = Plugins(blocked=blocked, entry_points=entry_points)

    def register(self, plugin: object, name: str | None = None) -> None:
        """Add a plugin (a module or an object with hooks) by hand: for tests and notebooks."""
        self._plugins.register(plugin, name)

    @property
    def blocked(self) -> frozenset[str]:
        """The names of the plugins that are left alone."""
        return self._plugins.blocked

    def names(self) -> tuple[str, ...]:
        """The names of the entry points; none is imported."""
        return tuple(sorted(self._plugins.entry_points))

    def plugins(self) -> list[Plugin]:
        """Every plugin that is installed or registered, after an attempt to load each."""
        self._plugins.load_all()
        problems = self._conflicts() | self._plugins.problems
        origins = {
            name: ", ".join(sorted(map(distribution, found))) for name, found in self._plugins.entry_points.items()
        }
        by_hand = {name: origin for name, origin in self._plugins.origins.items() if origin == BY_HAND}
        return [Plugin(name, origin, problems.get(name)) for name, origin in sorted((origins | by_hand).items())]

    def adapter(self, name: str) -> AdapterSpec:
        """The adapter called ``name``, importing as few plugins as possible.

        :class:`AdapterNotFound` names the closest one and, for ours, the pip command;
        :class:`PluginError` says why an installed one cannot be used.
        """
        return self._lookup(AdapterSpec, name)

    def adapters(self) -> dict[str, AdapterSpec]:
        """Every adapter of every plugin that loads, by name."""
        return self._all(AdapterSpec)

    def embedder(self, name: str) -> EmbedderSpec:
        """The embedder called ``name``; errors as for :meth:`adapter`."""
        return self._lookup(EmbedderSpec, name)

    def embedders(self) -> dict[str, EmbedderSpec]:
        """Every embedder of every plugin that loads, by name."""
        return self._all(EmbedderSpec)

    def middleware(self, name: str) -> MiddlewareSpec:
        """The middleware called ``name``; errors as for :meth:`adapter`."""
        return self._lookup(MiddlewareSpec, name)

    def advice(self, config: MemoryConfig) -> list[str]:
        """What the plugins find unwise about ``config``."""
        self._plugins.load_all()
        sentences: list[str] = []
        for name, given in self._plugins.ask("axon_check_config", config=config):
            if isinstance(given, PluginError):
                sentences.append(f"no advice from {name!r}: {given}")
            elif all(isinstance(sentence, str) for sentence in given):
                sentences += given
            else:
                sentences.append(f"no advice from {name!r}: its hook axon_check_config() gave no list of sentences")
        return sentences

    def supporting(self, wanted: Iterable[Capability]) -> list[str]:
        """The names of the adapters that have all the capabilities."""
        need = frozenset(wanted)
        return sorted(name for name, spec in self.adapters().items() if need <= spec.capabilities)

    def provider(self, spec: Spec) -> str:
        """The distribution that provides ``spec``, with its version."""
        found = (self._plugins.origins[name] for given, name in self._plugins.provided() if given == spec)
        return next(found, "unknown")

    def _providers(self, kind: type[AnySpec]) -> dict[str, list[tuple[AnySpec, str]]]:
        """For each name the specs that plugins give, with the plugin's name: more than one is a conflict."""
        providers: dict[str, list[tuple[AnySpec, str]]] = {}
        for spec, plugin in self._plugins.provided():
            if isinstance(spec, kind):
                providers.setdefault(spec.name, []).append((spec, plugin))
        return providers

    def _all(self, kind: type[AnySpec]) -> dict[str, AnySpec]:
        self._plugins.load_all()
        return {name: given[0][0] for name, given in self._providers(kind).items() if len(given) == 1}

    def _lookup(self, kind: type[AnySpec], name: str) -> AnySpec:
        # What is called like an entry point, or like something of the core's, is theirs alone: no other needs a look.
        if name in self._plugins.entry_points:
            self._plugins.load(name)
        given = self._providers(kind).get(name)
        if given is None or not (name in self._plugins.entry_points or given[0][1] == CORE):
            self._plugins.load_all()
            given = self._providers(kind).get(name)
        if given is None:
            raise self._not_found(kind, name)
        if len(given) > 1:
            raise PluginError(self._conflict(given))
        return given[0][0]

    def _conflict(self, given: Sequence[tuple[Spec, str]]) -> str:
        claims = " and ".join(sorted(f"{spec.target} by {self._plugins.origins[name]}" for spec, name in given))
        first, _ = given[0]
        return (
            f"{noun(type(first))} {first.name!r} is provided twice: {claims}; uninstall one of them, "
            f"or block its plugin with {BLOCKED_VARIABLE}"
        )

    def _conflicts(self) -> dict[str, str]:
        """By plugin, what it provides that another one provides too."""
        found: dict[str, str] = {}
        for kind in (AdapterSpec, EmbedderSpec, MiddlewareSpec):
            for given in self._providers(kind).values():
                if len(given) > 1:
                    found |= dict.fromkeys((name for _, name in given), self._conflict(given))
        return found

    def _not_found(self, kind: type[Spec], name: str) -> Exception:
        what, known = noun(kind), sorted(self._providers(kind))
        if not name or name.isspace():
            return AdapterNotFound(f"the name of the {what} is empty; installed: {', '.join(known) or 'none'}")
        if name in self._plugins.blocked:
            return AdapterNotFound(f"the {what} {name!r} is blocked: take it out of {BLOCKED_VARIABLE}")
        origin = ", ".join(map(distribution, self._plugins.entry_points.get(name, [])))
        if problem := self._plugins.problems.get(name):
            return PluginError(f"{what} {name!r} is installed ({origin}) but cannot be used: {problem}")
        provided = {type(spec) for spec, plugin in self._plugins.provided() if plugin == name}
        if kind is AdapterSpec and origin and (not provided or AdapterSpec in provided):
            return PluginError(
                f"the plugin {name!r} ({origin}) is installed but describes no {what} {name!r}: "
                "its hooks need the decorator @hookimpl and its spec this name"
            )
        ours = _FIRST_PARTY if kind is AdapterSpec else {}
        close = closest(name, [*known, *ours])
        meant = name if name in ours else close
        install = ""
        if meant in ours and meant not in known:
            install = f" Install {'it' if meant == name else meant} with: pip install {ours[meant]}"
        return AdapterNotFound(
            f"no installed plugin provides the {what} {name!r}; {did_you_mean(name, [*known, *ours])}"
            f"installed: {', '.join(known) or 'none'}.{install}"
        )


@cache
def default_registry() -> Registry:
    """The registry of the installed plugins, made at the first call."""
    return Registry()
