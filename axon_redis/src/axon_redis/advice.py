"""Advice on the settings of the adapter, for ``axon check``: what is allowed and unwise. Nothing connects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from axon.core.errors import AxonError
from axon_redis.adapter import RedisAdapter
from axon_redis.opening import is_tcp

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.spi import AdapterSpec
    from axon_redis.endpoint import Endpoint

_AT = "adapters.redis"
_MANY = 1000


def findings(config: MemoryConfig, spec: AdapterSpec) -> Iterator[str]:
    """Sentences about the settings that tiers on ``spec`` get."""
    if spec.name not in {policy.adapter_type for policy in config.tiers.values()}:
        return
    settings = config.adapters.get(spec.name, {})
    try:
        adapter = spec.build(settings, at=_AT)
    except AxonError:  # a problem, which `axon check` reports as such
        return
    if isinstance(adapter, RedisAdapter):
        yield from _connections(settings, adapter.endpoint)
        yield from _secrecy(settings, adapter.endpoint)
        yield from _sharding(settings, adapter.endpoint)


def _connections(settings: Mapping[str, Any], endpoint: Endpoint) -> Iterator[str]:
    most = endpoint.max_connections
    if settings.get("multiplex", True):
        return
    if most == 1:
        yield (
            f"{_AT}: with multiplex = false and max_connections = 1 each call waits for the one before it: give 20, or "
            "leave out multiplex = false, with which one connection carries all calls at once"
        )
    elif most is not None and most > _MANY:
        yield (
            f"{_AT}.max_connections is {most}, for each process: servers take 10,000 in all unless they are told "
            "otherwise (maxclients); 20 is usual"
        )


def _secrecy(settings: Mapping[str, Any], endpoint: Endpoint) -> Iterator[str]:
    if is_local(endpoint):
        return
    known = endpoint.settings
    if not known.get("password") and known.get("credential_provider") is None:
        yield (
            f"{_AT}: no password for {endpoint.where}, which is another machine: whoever reaches its port reads and "
            'deletes everything; set requirepass or an ACL user there, and password = { env = "REDIS_PASSWORD" } here'
        )
    if not endpoint.ssl:
        where = "a rediss:// url" if endpoint.kind != "standalone" or "url" in settings else "ssl = true"
        yield (
            f"{_AT}: entries and the password go to {endpoint.where} unencrypted: use TLS ({where}), unless "
            "the network between is yours"
        )
    elif known.get("ssl_cert_reqs") in {"none", "optional"}:
        yield (
            f'{_AT}.ssl_cert_reqs is "{known["ssl_cert_reqs"]}": TLS then hides what is sent, but not from somebody '
            "who pretends to be the server; give ssl_ca_certs instead"
        )


def _sharding(settings: Mapping[str, Any], endpoint: Endpoint) -> Iterator[str]:
    shards = settings.get("shards", 1)
    if shards > 1 and endpoint.kind != "cluster":
        yield (
            f"{_AT}.shards is {shards} on one server: every recall asks each shard, and nothing is gained; "
            "shards are for a giant namespace on a cluster, as many as it has primaries"
        )


def is_local(endpoint: Endpoint) -> bool:
    """Whether all servers that it names are on this machine."""
    if not is_tcp(endpoint.connection_class):
        return True
    hosts = [host for host, _ in endpoint.seeds] or [str(endpoint.settings.get("host") or "localhost")]
    return all(map(_is_loopback, hosts))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
