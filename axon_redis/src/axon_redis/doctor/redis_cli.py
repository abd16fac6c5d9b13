"""What an operator types to change a server."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from redis.asyncio.connection import SSLConnection

from axon_redis.opening import is_tcp

if TYPE_CHECKING:
    from axon_redis.opening import Opening


def redis_cli(opening: Opening, *arguments: str) -> str:
    """A command for a shell. It shows no secret: redis-cli finds a password in ``REDISCLI_AUTH``."""
    settings = opening.settings
    if is_tcp(opening.connection_class):
        place = ["-h", str(settings.get("host") or "localhost"), "-p", str(settings.get("port") or 6379)]
        if issubclass(opening.connection_class, SSLConnection):
            place.append("--tls")
    else:
        place = ["-s", str(settings.get("path"))]
    return shlex.join(["redis-cli", *place, *arguments])
