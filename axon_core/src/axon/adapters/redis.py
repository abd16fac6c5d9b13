"""``RedisAdapter``, from the distribution axon-redis."""

from __future__ import annotations

from axon.adapters.missing import explained

try:
    from axon_redis.adapter import RedisAdapter
except ModuleNotFoundError as error:
    raise explained(error, package="axon_redis", distribution="axon-redis") from None

__all__ = ["RedisAdapter"]
