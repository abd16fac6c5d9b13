"""On what was measured, and with which versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_OURS = (
    "axon-core", "axon-inmemory", "axon-redis", "axon-vector", "axon-onnx", "redis", "hiredis", "msgspec", "numpy",
    "numkong", "onnxruntime", "cashews", "py-key-value-aio", "limits",
)  # fmt: skip


def machine() -> dict[str, str]:
    """The machine in words: none of it names who owns it."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """What is installed beside the benchmarks, and the server."""
    found = {}
    for name in _OURS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"server": server()}


def server() -> str:
    """The version of the Redis or Valkey that is measured."""
    from tests.support.redis_servers.binaries import default_binary

    said = subprocess.run([default_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    name, _, rest = said.partition(" v=")
    kind = "Valkey" if "valkey" in name.lower() or "valkey" in said.lower() else "Redis"
    return f"{kind} {rest.split()[0]}" if rest else said.strip()


def commit() -> str:
    """The commit that is measured, and whether something was changed since; nothing outside a repository."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return said.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
