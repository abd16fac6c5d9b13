"""The hooks of plugins: which of them there are, which cannot be taken, and what they print."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import RLock

import pluggy

from axon.spi import hookspecs

_HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("axon_"))
_ASIDE = RLock()


class HookManager(pluggy.PluginManager):
    """Refuses the hooks that pluggy would take and then misuse."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """As pluggy does; an error for a hook that is asynchronous or has defaults."""
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


def implementations(manager: pluggy.PluginManager, hook: str) -> list[pluggy.HookImpl]:
    """Those of all plugins of a hook."""
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    return caller.get_hookimpls()


@contextmanager
def output_aside() -> Iterator[None]:
    """Send to stderr what a plugin prints meanwhile: stdout belongs to the program, which may be writing JSON there."""
    with _ASIDE, redirect_stdout(sys.stderr):  # one thread at a time: each puts back what it found
        yield


def idleness(manager: pluggy.PluginManager, name: str) -> str | None:
    """Why a plugin that describes nothing is of no use; ``None`` for one that gives advice on configurations."""
    plugin = manager.get_plugin(name)
    hooks = [hook for hook in _HOOKS if any(each.plugin_name == name for each in implementations(manager, hook))]
    if "axon_check_config" in hooks:
        return None
    if hooks:
        return f"it offers nothing: {_listed(hooks)} gave no spec"
    if bare := [hook for hook in _HOOKS if hasattr(plugin, hook)]:
        return f"it offers nothing: the decorator @hookimpl is missing on {_listed(bare)}"
    return f"it offers nothing: it has none of the hooks {', '.join(_HOOKS)}"


def _listed(hooks: list[str]) -> str:
    return " and ".join(f"{hook}()" for hook in hooks)
