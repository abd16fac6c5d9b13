"""The plugin around the adapter: its spec, its options, and what it imports."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs

from axon.core.errors import ConfigError
from axon.spi.spec import API
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.planting import PLANTED, may_hold_text, plantings, secret_settings

_IMPORTS = """
import json, sys
from importlib import metadata
sys.path[:] = {path!r}
import axon.spi
from axon.core.registry import Registry

name, target = {name!r}, {target!r}
# One entry point at a time, the likeliest first: what other plugins import is not this one's.
for point in sorted(metadata.entry_points(group="axon"), key=lambda point: point.name != name):
    before = set(sys.modules)
    try:
        Registry(entry_points=[point]).adapter(name)
    except Exception:
        continue
    own = {{target.partition(".")[0], point.module.partition(".")[0]}}
    own |= {{file.parts[0].removesuffix(".py") for file in (point.dist and point.dist.files) or ()}}
    brought = {{module.partition(".")[0] for module in set(sys.modules) - before}} - own
    print(json.dumps([target in sys.modules, sorted(brought - sys.stdlib_module_names)]))
    break
"""
_LIGHT = frozenset({"axon", "attr", "attrs", "pluggy", "typing_extensions"})
"""What a plugin's module may import besides the standard library and its own distribution: it is there with Axon."""


@check()
def has_a_spec(bench: Bench) -> None:
    """A spec says the name, a summary of one line, and the version of the contract.

    If this fails, check the AdapterSpec that the hook axon_adapters gives.
    """
    spec = bench.subject.spec
    bench.true(spec.summary.strip() and "\n" not in spec.summary, repr(spec.summary), "a summary of one line")
    bench.true(1 <= spec.api <= API, f"api={spec.api}", f"1 to {API}")


@check()
def has_options_that_make_it(bench: Bench) -> None:
    """Every setting is a parameter of the adapter's class; one that the class can do without has a default.

    If this fails, check the names: the class is called with the fields of its options as keyword arguments.
    """
    spec, options = bench.subject.spec, bench.subject.options_type
    if options is None:
        raise NotApplicable("the adapter has no settings")
    parameters = inspect.signature(bench.subject.type).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        raise NotApplicable("the class takes any keyword")
    missing = spec.known_settings() - parameters.keys()
    bench.equal(set(missing), set(), "settings that the class does not take")
    # The other way round there is no harm: what has a default in the options is always given to the class.
    needed = {a.alias for a in attrs.fields(options) if a.default is attrs.NOTHING and a.init}
    demanded = {name for name in needed if parameters[name].default is not inspect.Parameter.empty}
    bench.equal(demanded, set(), "settings without a default that the class has one for")


@check()
def refuses_settings_that_it_has_not(bench: Bench) -> None:
    """A setting that is spelled wrong is a ConfigError that names it, before anything connects.

    If this fails, check that the options are an attrs class with the settings as fields.
    """
    spec = bench.subject.spec
    try:
        spec.check({"no_such_setting": 1}, at="adapters.x")
    except ConfigError as error:
        bench.true("no_such_setting" in str(error), str(error), "a message with the name")
        return
    bench.true(False, "no error", "ConfigError")


@check()
def shows_no_secret(bench: Bench) -> None:
    """No secret is in the repr or the str of the options, of the adapter or of its health, and where `unreachable` is
    given, in none of an error either: neither a setting whose name sounds like one, as `axon config show` masks it, nor
    the user and password in an address.

    If this fails, write field(repr=False) in the options class, leave it out of the adapter's repr, and name a store in
    messages by its host and port.
    """
    subject = bench.subject
    if subject.options_type is None:
        raise NotApplicable("the adapter has no settings")
    shown: set[str] = set()

    def look(thing: Any, called: str) -> None:
        shown.update(f"the {way.__name__} of {called}" for way in (repr, str) if PLANTED in way(thing))

    held: set[str] = set()
    for planted in plantings(subject, bench.folder, {}):
        held |= planted.keys()
        look(subject.options(bench.folder, planted), "the options")
        with suppress(Exception):  # it may want another form of secret, or some settings without others
            look(subject.build(bench.folder, planted), "the adapter")
    for attribute in secret_settings(subject):  # what holds no text that the kit could think of, is looked at alone
        if attribute.alias not in held and attribute.repr is True and may_hold_text(attribute):
            shown.add(f"the repr of the options, with {attribute.name}")
    bench.run(_look_at_messages(bench, look))
    bench.equal(shown, set(), "what shows a secret")


async def _look_at_messages(bench: Bench, look: Callable[[Any, str], None]) -> None:
    """What an adapter says of a store that does not answer: of the first settings with secrets that make one."""
    if bench.subject.unreachable is None:
        return
    for planted in plantings(bench.subject, bench.folder, bench.subject.unreachable):
        store = None
        with suppress(Exception):  # as above: then others are tried
            store = bench.open(settings=planted)
        if store is None:
            continue
        try:
            await store.get("a")
        except Exception as error:
            look(error, "an error")
        look(await store.health(), "its health")
        return


@check()
def imports_no_driver_to_describe_it(bench: Bench) -> None:
    """Looking at the spec imports neither the module of the adapter nor anything but the plugin's own and Axon's.

    If this fails, check the plugin's module: it names the class as text, "module:Class", and imports nothing of it, and
    no driver; nor does the package's `__init__`.
    """
    spec = bench.subject.spec
    target = spec.target.partition(":")[0]
    code = _IMPORTS.format(path=sys.path, name=spec.name, target=target)
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # this interpreter, and a program of ours
    bench.equal(done.returncode, 0, f"looking at the spec in a process of its own: {done.stderr[-600:]}")
    if not done.stdout.strip():
        raise NotApplicable("it is registered by hand, and no entry point names it")
    imported, brought = json.loads(done.stdout.splitlines()[-1])
    bench.equal(imported, False, f"whether {target} was imported")
    drivers = {module for module in brought if module not in _LIGHT and not module.startswith("_")}
    bench.equal(drivers, set(), "packages that were imported")


@check()
def declares_only_what_it_can_hold(bench: Bench) -> None:
    """An adapter with `max_entries` or `refresh_on_read` among its settings takes them as the policies give them.

    If this fails, check the types: int or None, one of four words, and a bool.
    """
    subject = bench.subject
    given: dict[str, Any] = {
        name: value
        for name, value in (("max_entries", 10), ("eviction", "lru"), ("refresh_on_read", True))
        if subject.knows(name)
    }
    if not given:
        raise NotApplicable("it has none of these settings")
    store = bench.open(**given)
    bench.equal(bench.run(store.count()), 0)
