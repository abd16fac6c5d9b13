"""``axon doctor`` and ``axon check`` on configurations with tiers on Redis."""

import json
import os

import pytest
from click.testing import CliRunner
from redis_servers.address import HOST, free_port
from redis_servers.server import Server

from axon.cli.application import application
from axon.sync import MemorySystem

CONFIG = """
namespace = "shop"
[ephemeral]
adapter_type = "redis"
[session]
adapter_type = "redis"
max_entries = 1000
[adapters.redis]
"""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Write an axon.toml with these settings of the adapter; no variable of ours or of Redis' is set."""
    for name in [name for name in os.environ if name.startswith(("AXON_", "REDIS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def write(*settings, text=CONFIG):
        (tmp_path / "axon.toml").write_text(text + "\n".join(settings) + "\n")
        return tmp_path / "axon.toml"

    return write


def axon(*arguments):
    return CliRunner().invoke(application, arguments, prog_name="axon")


def advice(*settings):
    done = axon("check", "axon.toml", "--format", "json")
    assert done.exit_code == 0, done.stdout
    return [sentence for sentence in json.loads(done.stdout)["advice"] if "adapters.redis" in sentence]


def test_the_doctor_examines_tiers_that_share_a_server(configured, server):
    configured(f"port = {server.port}")
    server.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-random")
    with MemorySystem.from_file("axon.toml") as memory:
        memory.store_many([{"text": f"entry number{number}"} for number in range(50)], tier="session")
    done = axon("doctor", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["ok"]) == (0, True)
    found = {(each["tier"], each["subject"]): each for each in document["findings"]}
    assert found["session", "entries"]["sentence"].startswith("50 entries of at most 1,000 in 'shop:session'")
    assert found["ephemeral", "entries"]["severity"] == "info"
    policy = found["session", "eviction policy"]
    assert policy["severity"] == "warning"
    assert policy["fix"] == f"redis-cli -h localhost -p {server.port} CONFIG SET maxmemory-policy allkeys-lru"
    rows = axon("doctor", "axon.toml").stdout.splitlines()
    (row,) = [row for row in rows if "allkeys-random" in row]
    assert row.split()[:4] == ["warning", "ephemeral,", "session", "eviction"]
    assert f"What to do: {policy['fix']}" in row
    assert len([row for row in rows if " ACL " in row]) == 2
    assert len([row for row in rows if " health " in row]) == 2


def test_the_doctor_of_a_server_that_is_down_says_it_once(configured):
    port = free_port()
    configured(f'host = "{HOST}"', f"port = {port}", "deadline = 0.5")
    done = axon("doctor")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.count("Nothing answers at") == 1
    assert f"What to do: start it, or correct host and port; redis-cli -h {HOST} -p {port} PING" in done.stdout
    found = json.loads(axon("doctor", "--format", "json").stdout)
    assert not found["ok"]
    assert all(each["severity"] == "error" for each in found["findings"])


def test_the_doctor_shows_no_secret(configured, monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD", "a very secret word")
    with Server(password="another secret word") as server:
        configured(f"port = {server.port}", 'password = { env = "REDIS_PASSWORD" }')
        done = axon("doctor")
        assert done.exit_code == 1
        assert "secret" not in done.stdout


def test_check_finds_nothing_wrong_with_this_machine(configured):
    configured("port = 6380", "max_connections = 20", "decode_responses = true")
    assert advice() == []
    configured('url = "unix:///run/redis.sock"')
    assert advice() == []


def test_check_advises_against_a_pool_of_one(configured):
    configured("multiplex = false", "max_connections = 1")
    (sentence,) = advice()
    assert "each call waits for the one before it" in sentence
    configured("max_connections = 1")
    assert advice() == []
    configured("multiplex = false", "max_connections = 20")
    assert advice() == []


@pytest.mark.parametrize(
    "where",
    ['host = "redis.example.com"', 'url = "redis://redis.example.com"', 'url = "redis+cluster://10.0.0.7:7000"'],
)
def test_check_advises_a_password_and_tls_for_other_machines(configured, where):
    configured(where)
    password, tls = advice()
    assert "no password" in password
    assert "requirepass" in password
    assert "unencrypted" in tls


def test_check_with_a_password_and_tls(configured, monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD", "secret")
    given = ('url = "rediss://redis.example.com"', 'password = { env = "REDIS_PASSWORD" }')
    configured(*given)
    assert advice() == []
    configured(*given, 'ssl_cert_reqs = "none"')
    (sentence,) = advice()
    assert "ssl_ca_certs" in sentence
    monkeypatch.setenv("REDIS_HOST", "redis.example.com")
    configured()
    assert "redis.example.com" in advice()[0]


def test_check_advises_against_shards_on_one_server(configured):
    configured("shards = 4", text=CONFIG.replace("max_entries = 1000\n", ""))
    (sentence,) = advice()
    assert "shards is 4" in sentence


def test_check_says_nothing_of_an_adapter_that_no_tier_uses(configured):
    configured('host = "redis.example.com"', text=CONFIG.replace('"redis"', '"memory"'))
    assert not any("password" in sentence for sentence in advice())
