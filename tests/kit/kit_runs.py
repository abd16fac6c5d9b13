"""Running the kit, as its authors do and here."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import plain

from axon.core.registry import Registry
from axon.spi import AdapterSpec, hookimpl
from axon.testing.examination import every_check

PLAIN = Registry()
PLAIN.register(plain, "plain")


THREE_LINES = """
from axon.testing import AdapterConformance
class TestMemory(AdapterConformance):
    adapter = "memory"
"""


def run(folder, *arguments, source=THREE_LINES):
    """A run of pytest as an author has it: nothing of ours configures it."""
    (folder / "test_conformance.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    # Of a terminal: in CI pytest tells the whole of a message once more at the end.
    env = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def check_named(name):
    return next(check for check in every_check() if check.name == name)


def registered(target: str, *, options: str | None = None, capabilities: Any = ("ttl", "text_search")) -> Registry:
    """A registry with an adapter ``under_test``."""

    class Plugin:
        @hookimpl
        def axon_adapters(self):
            return [AdapterSpec(name="under_test", target=target, options=options, capabilities=capabilities)]

    registry = Registry()
    registry.register(Plugin(), "under_test")
    return registry
