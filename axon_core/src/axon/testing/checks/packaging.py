"""The plugin around the adapter: its spec, its options, and what it imports."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import attrs

from axon.core.errors import ConfigError
from axon.spi.spec import API
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_IMPORTS = """
import sys
sys.path[:] = {path!r}
from axon.core.registry import Registry
registry = Registry()
try:
    registry.adapter({name!r})
except Exception:
    sys.exit(3)
print({target!r} in sys.modules)
"""


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
    """Every setting of the options class is a parameter of the adapter's class, with a default in both or in neither.

    If this fails, check the names: the class is called with the fields of its options as keyword arguments.
    """
    spec = bench.subject.spec
    if spec.options is None:
        raise NotApplicable("the adapter has no settings")
    parameters = inspect.signature(bench.subject.type).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        raise NotApplicable("the class takes any keyword")
    missing = spec.known_settings() - parameters.keys()
    bench.equal(set(missing), set(), "settings that the class does not take")


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
    """No setting that sounds like a secret is in the repr of the options or of the adapter.

    If this fails, write field(repr=False) in the options class, and leave it out of the adapter's repr.
    """
    from importlib import import_module

    spec = bench.subject.spec
    if spec.options is None:
        raise NotApplicable("the adapter has no settings")
    module, _, name = spec.options.partition(":")
    options = getattr(import_module(module), name)
    secret = [
        a.name for a in attrs.fields(options) if a.repr and any(w in a.name for w in ("password", "secret", "api_key"))
    ]
    bench.equal(secret, [], "secrets that the repr of the options shows")


@check()
def imports_no_driver_to_describe_it(bench: Bench) -> None:
    """Looking at the spec does not import the module of the adapter, and so no driver.

    If this fails, check the plugin's module: it names the class as text, "module:Class", and imports nothing of it; nor
    does the package's `__init__`.
    """
    spec = bench.subject.spec
    target = spec.target.partition(":")[0]
    code = _IMPORTS.format(path=sys.path, name=spec.name, target=target)
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # this interpreter, and a program of ours
    if done.returncode == 3:
        raise NotApplicable("it is registered by hand, and no entry point names it")
    bench.equal(done.stdout.strip(), "False", f"whether {target} was imported")


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
