"""On what was measured, and with which versions."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_OURS = (
    "axon-core", "axon-inmemory", "axon-redis", "axon-vector", "axon-onnx", "redis", "hiredis", "msgspec", "numpy",
    "numkong", "onnxruntime", "cashews", "py-key-value-aio", "limits",
)  # fmt: skip
_MEASURED = (
    "axon_core/src", "axon_inmemory/src", "axon_redis/src", ":(glob)plugins/*/src/**",
    "benchmarks", "requirements-bench.txt", "tests/support/redis_servers",
)  # fmt: skip
"""What decides the figures, as pathspecs of git: no test, no page, no changelog."""


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
    """The version of the Redis or Valkey that is measured, where there is one."""
    from tests.support.redis_servers.binaries import default_binary

    try:
        command = [str(default_binary()), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (RuntimeError, OSError, subprocess.CalledProcessError):
        return "no Redis server"
    name, _, rest = said.partition(" v=")
    kind = "Valkey" if "valkey" in name.lower() or "valkey" in said.lower() else "Redis"
    return f"{kind} {rest.split()[0]}" if rest else said.strip()


def commit() -> str:
    """The commit that is measured, and whether something of what is measured was changed since.

    Nothing outside a repository.
    """
    name = _git("rev-parse", "--short=10", "HEAD").decode().strip()
    return f"{name} (changed)" if name and _git("status", "--porcelain", "--", *_MEASURED) else name


def state() -> str:
    """A name of what all files that are measured hold, committed or not; nothing outside a repository."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_MEASURED)
    names = [name for name in sorted(set(map(os.fsdecode, listed.split(b"\0")[:-1]))) if (_ROOT / name).is_file()]
    held = [(name, hashlib.sha256((_ROOT / name).read_bytes()).hexdigest()) for name in names]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:16] if held else ""


def _git(*words: str) -> bytes:
    try:
        return subprocess.run(["git", *words], capture_output=True, check=False, cwd=_ROOT).stdout
    except FileNotFoundError:
        return b""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
