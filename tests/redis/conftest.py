"""Servers for the tests of the way to Redis."""

import shutil
import subprocess

import pytest
import redis
from redis_fixtures import running
from redis_servers.address import HOST
from redis_servers.cluster import ClusterSetup
from redis_servers.replicated import ReplicatedSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

server = running(Server)
replicated = running(ReplicatedSetup)
sentinel = running(SentinelSetup)
cluster = running(ClusterSetup, "module")


@pytest.fixture(scope="session")
def _kept():
    with Server() as it, redis.Redis(HOST, it.port) as client:
        yield it, client, client.config_get("maxmemory*")


@pytest.fixture
def shared(_kept):
    """A server that other tests use too; it is empty and its memory is not limited."""
    server, client, limits = _kept
    for name, value in limits.items():
        client.config_set(name, value)
    client.flushall()
    return server


@pytest.fixture
def raw(shared, _kept):
    """A plain client of the shared server."""
    return _kept[1]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A directory with ``ca.pem``, and ``server.pem`` and ``server.key`` for 127.0.0.1."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    directory = tmp_path_factory.mktemp("tls")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl(*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-addext", "keyUsage=keyCertSign")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=here")
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2")
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)
    return directory
