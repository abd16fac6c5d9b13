"""What to do about a server that does not answer, or that refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon.core.errors import AxonError, ConfigError, StoreAuthError, StoreConflict, StoreOverloaded, StoreUnavailable

if TYPE_CHECKING:
    from axon_redis.doctor.server import Server
    from axon_redis.endpoint import Endpoint


def remedy(problem: AxonError, endpoint: Endpoint, server: Server | None = None) -> str:
    """A command, or what to change in the configuration."""
    match problem:
        case StoreAuthError():
            name = "password" if "username" not in endpoint.settings else "username and password"
            return (
                f'check the {name} below [adapters.redis] in the configuration: password = {{ env = "REDIS_PASSWORD" }}'
            )
        case ConfigError():
            return "correct where Redis is, below [adapters.redis] in the configuration"
        case StoreConflict():
            return "choose another namespace in the configuration"
        case StoreOverloaded():
            return (
                "raise maxclients on the server"
                if server is None
                else server.cli("CONFIG", "SET", "maxclients", "10000")
            )
        case StoreUnavailable() if server is not None:
            return f"start it, or correct host and port; {server.cli('PING')} answers PONG when it is there"
    return f"look into the log of the server at {endpoint.where}"
