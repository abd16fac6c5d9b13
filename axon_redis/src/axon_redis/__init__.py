"""Redis and Valkey for Axon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon_redis.adapter import RedisAdapter as RedisAdapter

__all__ = ["RedisAdapter"]


def __getattr__(name: str) -> Any:
    if name != "RedisAdapter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from axon_redis.adapter import RedisAdapter

    return RedisAdapter
