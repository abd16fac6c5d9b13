"""The settings of the Redis adapter, as a configuration file gives them."""

from __future__ import annotations

from attrs import field, frozen

from axon.core.policies import Eviction


@frozen(kw_only=True)
class RedisOptions:
    """The arguments of :class:`~axon_redis.RedisAdapter`."""

    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    db: int | None = None
    url: str | None = field(default=None, repr=False)
    namespace: str = "axon"
    default_ttl: float | None = None
    max_connections: int | None = None
    decode_responses: bool = False
    ssl: bool | None = None
    ssl_ca_certs: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_cert_reqs: str | None = None
    ssl_check_hostname: bool | None = None
    socket_timeout: float | None = None
    socket_connect_timeout: float | None = None
    deadline: float | None = None
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    multiplex: bool = True
    max_entries: int | None = None
    eviction: Eviction = "oldest"
    refresh_on_read: bool = False
    text_index: bool = True
    language: str = "english"
    shards: int = 1
