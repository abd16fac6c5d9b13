"""What the doctor finds out about servers and about a namespace on them, and what it says to do."""

import asyncio
import shlex
from datetime import UTC, datetime, timedelta

import pytest
import redis
from redis_servers.address import HOST, free_port
from redis_servers.cluster import ClusterSetup
from redis_servers.patience import wait_until
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

from axon import MemoryEntry
from axon.spi import SupportsDoctor
from axon_redis.adapter import RedisAdapter

NAMESPACE = "shop:session"
BASE = "{shop:session}"


def entry(number, *, lifetime=timedelta(hours=1)):
    now = datetime.now(UTC)
    return MemoryEntry(
        id=f"n{number}",
        text=f"the {number}th entry",
        tags=["all"],
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )


def examined(server=None, count=0, *, lifetime=timedelta(hours=1), before=None, **arguments):
    """The findings, by subject, after so many entries were saved, and ``before`` was called."""

    async def main():
        where = {} if server is None else {"host": HOST, "port": server.port}
        adapter = RedisAdapter(**{**where, "namespace": NAMESPACE, "deadline": 1.0, **arguments})
        assert isinstance(adapter, SupportsDoctor)
        try:
            if count:
                await adapter.save_many([entry(number, lifetime=lifetime) for number in range(count)])
        finally:
            await adapter.close()
        if before is not None:
            before()
        looking = RedisAdapter(**{**where, "namespace": NAMESPACE, "deadline": 1.0, **arguments})
        try:
            return await looking.doctor()
        finally:
            await looking.close()

    findings = {}
    for finding in asyncio.run(main()):
        findings.setdefault(finding.subject, []).append(finding)
    return findings


def one(findings, subject):
    (finding,) = findings[subject]
    return finding


def run(server, fix):
    """Do what the fix says, as far as it is one command."""
    line = shlex.split(fix.split(", ")[0])
    assert line[:5] == ["redis-cli", "-h", HOST, "-p", str(server.port)]
    return server.call(*line[5:])


def test_a_healthy_server(server):
    server.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru", "appendonly", "yes")
    # What a busy machine held up while entries were saved is no matter of the server's.
    found = examined(server, 300, before=lambda: server.call("SLOWLOG", "RESET"))
    assert {subject for subject, some in found.items() if some[0].severity in {"warning", "error"}} <= {"latency"}
    assert one(found, "entries").sentence.startswith("300 entries in 'shop:session': about ")
    assert "of memory" in one(found, "entries").sentence
    assert one(found, "index").severity == one(found, "values").severity == one(found, "garbage").severity == "ok"
    assert "multiplexed" in one(found, "connections").sentence
    assert one(found, "version").sentence.startswith("Valkey 9")
    assert "PING" in one(found, "latency").sentence


def test_the_examination_changes_nothing(server):
    def state():
        with redis.Redis(HOST, server.port) as client:
            return {key: client.dump(key) for key in client.scan_iter()}

    states = []
    examined(server, 50, before=lambda: states.append(state()))
    assert len(states[0]) > 50
    assert state() == states[0]


def test_an_old_redis_and_pools():
    with Server("redis-6.2") as old:
        found = examined(old, 10, multiplex=False, max_connections=7)
        assert one(found, "version").sentence.startswith("Redis 6.2")
        assert "up to 7 connections" in one(found, "connections").sentence
        assert one(found, "index").severity == "ok"


def test_nothing_stored(server):
    found = examined(server)
    assert one(found, "entries").sentence == "nothing is stored in 'shop:session'"
    assert not {"index", "garbage", "values"} & set(found)


def test_memory_without_a_limit_and_the_commands_that_set_one(server):
    finding = one(examined(server), "memory")
    assert (finding.severity, "maxmemory is not set" in finding.sentence) == ("warning", True)
    first, _, second = finding.fix.split("; ")[0].partition(", then ")
    run(server, first.split(" (")[0])
    run(server, second)
    found = examined(server)
    assert (one(found, "memory").severity, one(found, "eviction policy").severity) == ("ok", "ok")


def test_noeviction_far_from_its_limit_near_it_and_at_it(server):
    server.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    server.call("SET", "other", "x" * 50_000_000)
    used = int(server.info("memory")["used_memory"])
    for most, severity in ((used * 4, "ok"), (int(used * 1.06), "warning"), (used - 1_000_000, "error")):
        server.call("CONFIG", "SET", "maxmemory", most)
        found = examined(server)
        assert one(found, "memory").severity == severity, one(found, "memory").sentence
        assert one(found, "eviction policy").severity == "info"
    assert "saves fail" in one(found, "memory").sentence
    run(server, one(found, "memory").fix)
    assert one(examined(server), "memory").severity == "ok"


@pytest.mark.parametrize("policy", ["allkeys-random", "volatile-random"])
def test_policies_that_evict_the_index(server, policy):
    server.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", policy)
    finding = one(examined(server, 10), "eviction policy")
    assert (finding.severity, "the index" in finding.sentence) == ("warning", True)
    run(server, finding.fix)
    assert one(examined(server), "eviction policy").severity == "ok"


@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-lfu", "volatile-ttl"])
def test_policies_that_keep_what_has_no_ttl(server, policy):
    server.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", policy)
    assert one(examined(server, 10), "eviction policy").severity == "ok"
    finding = one(examined(server, 10, lifetime=None), "eviction policy")
    assert (finding.severity, "without a TTL" in finding.sentence) == ("warning", True)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_policies_that_may_evict_a_lock(server, policy):
    server.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", policy)
    assert "locks" not in examined(server, 10)  # it never gave one

    async def lock():
        adapter = RedisAdapter(HOST, server.port, namespace=NAMESPACE)
        await adapter.unlock(await adapter.lock("a", ttl=60))
        await adapter.close()

    asyncio.run(lock())
    finding = one(examined(server), "locks")
    assert (finding.severity, policy in finding.sentence) == ("warning", True)
    run(server, finding.fix)
    assert "locks" not in examined(server)


def test_evictions_are_counted(server):
    server.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    for number in range(200):
        server.call("SET", f"other{number}", "x" * 10_000)
    server.call("CONFIG", "SET", "maxmemory", int(server.info("memory")["used_memory"]) - 500_000)
    wait_until(lambda: int(server.info("stats")["evicted_keys"]) > 0, "evictions")
    finding = one(examined(server), "evictions")
    assert (finding.severity, "evicted" in finding.sentence) == ("info", True)


def test_a_replica_and_where_its_primary_is(server):
    with Server(None, "--replicaof", HOST, server.port) as replica:
        wait_until(lambda: replica.info("replication")["master_link_status"] == "up", "the replica")
        finding = one(examined(replica), "role")
        assert finding.severity == "error"
        assert f"a replica of {server.where}" in finding.sentence
        assert server.where in finding.fix
        assert one(examined(server), "role").sentence == "a primary with 1 replica"


@pytest.mark.parametrize("password", [None, "wrong one"], ids=["none", "wrong"])
def test_no_password_or_a_wrong_one(password):
    with Server(password="the right one") as server:
        finding = one(examined(server, password=password), "server")
        assert (finding.severity, server.where in finding.sentence) == ("error", True)
        assert "password" in finding.fix
        assert "one" not in finding.fix.split()


def test_a_server_that_is_down():
    port = free_port()
    (finding,) = [each for some in examined(host=HOST, port=port).values() for each in some]
    assert (finding.severity, finding.subject) == ("error", "server")
    assert f"{HOST}:{port}" in finding.sentence
    assert f"redis-cli -h {HOST} -p {port} PING" in finding.fix


def test_a_server_that_is_frozen(server):
    server.freeze()
    finding = one(examined(server, socket_timeout=0.2, socket_connect_timeout=0.2), "server")
    assert (finding.severity, server.where in finding.sentence) == ("error", True)


def test_what_may_not_be_asked_is_left_out_and_said(server):
    rule = shlex.split(one(examined(server), "ACL").fix)[8:]
    server.call("ACL", "SETUSER", "axon", *(">secret" if part == ">PASSWORD" else part for part in rule))
    found = examined(server, 20, username="axon", password="secret")
    assert {each.severity for some in found.values() for each in some} <= {"ok", "info", "warning"}
    assert one(found, "entries").sentence.startswith("20 entries")
    assert one(found, "index").severity == "ok"
    denied = one(found, "permissions")
    assert denied.severity == "info"
    for command in ("CONFIG GET", "SLOWLOG GET", "MEMORY USAGE"):
        assert command in denied.sentence
    assert not any("secret" in f"{each.sentence} {each.fix}" for some in found.values() for each in some)
    run(server, denied.fix)
    found = examined(server, username="axon", password="secret")
    assert "permissions" not in found
    assert "slow log" in found


def test_a_command_that_the_tier_needs_and_may_not_run(server):
    rule = shlex.split(one(examined(server), "ACL").fix)[8:]
    server.call("ACL", "SETUSER", "axon", "nopass", *(part for part in rule if part[0] != ">"), "-hrandfield", "-info")
    found = examined(server, username="axon", password="any")
    lacking = found["permissions"][0]
    assert (lacking.severity, "hrandfield, info" in lacking.sentence) == ("error", True)
    run(server, lacking.fix)
    assert all(each.severity == "info" for each in examined(server, username="axon", password="any")["permissions"])


def test_commands_that_were_renamed_away():
    with Server(None, "--rename-command", "CONFIG", "", "--rename-command", "SLOWLOG", "") as server:
        found = examined(server, 5)
        assert one(found, "permissions").severity == "info"
        assert "CONFIG GET" in one(found, "permissions").sentence
        assert "entries" in found


def test_the_slow_log_and_whose_commands_are_in_it(server):
    busy = "local n = 0 for i = 1, 20000000 do n = n + i end return n"

    def told(*keys):
        """What is told of these calls, which take long, and of nothing that a busy machine held up besides."""
        server.call("SLOWLOG", "RESET")
        for key in keys:
            server.call("EVAL", busy, 1, key)
        return one(examined(server), "slow log")

    wait_until(lambda: told().severity == "ok", "a slow log of nothing")
    two = "2 commands took more than 10 ms"
    finding = wait_until(
        lambda: (found := told(f"{BASE}=note", "another")).sentence.startswith(two) and found, "a slow log of two"
    )
    assert finding.severity == "warning"
    assert "1 of these was of this tier" in finding.sentence
    assert "note" not in finding.sentence
    assert len(run(server, finding.fix.split(" shows")[0])) >= 2
    server.call("CONFIG", "SET", "slowlog-log-slower-than", -1)
    finding = one(examined(server), "slow log")
    assert finding.severity == "info"
    run(server, finding.fix)
    assert one(examined(server), "slow log").severity == "warning"


def test_a_failed_snapshot():
    with Server(None, "--save", "3600 1", "--dbfilename", "dump.rdb") as server:
        server.call("SET", "key", "value")
        server.directory.joinpath("dump.rdb").unlink(missing_ok=True)
        server.directory.joinpath("dump.rdb").mkdir()  # which nothing can be renamed to
        server.directory.joinpath("dump.rdb", "inside").touch()
        server.call("BGSAVE")
        wait_until(lambda: server.info("persistence")["rdb_last_bgsave_status"] == "err", "the failure")
        finding = one(examined(server), "persistence")
        assert (finding.severity, "snapshot failed" in finding.sentence) == ("error", True)


def test_what_a_restart_leaves(server):
    finding = one(examined(server), "persistence")
    assert (finding.severity, "begins with nothing" in finding.sentence) == ("info", True)
    run(server, finding.fix)
    assert one(examined(server), "persistence").severity == "ok"
    server.call("CONFIG", "SET", "appendonly", "no", "save", "3600 1")
    assert "last snapshot" in one(examined(server), "persistence").sentence


def test_too_many_clients(server):
    server.call("CONFIG", "SET", "maxclients", 2)
    finding = one(examined(server, multiplex=True), "connections")
    assert (finding.severity, "of at most 2" in finding.sentence) == ("ok", True)
    server.call("CONFIG", "SET", "maxclients", 1)
    finding = one(examined(server), "connections")
    assert finding.severity == "warning"
    run(server, finding.fix)


def test_a_corrupt_value_and_one_that_lies_under_another_id(server):
    def damage():
        server.call("SET", f"{BASE}=n3\0", "no entry", "KEEPTTL")
        server.call("COPY", f"{BASE}=n5\0", f"{BASE}=n4\0", "REPLACE")

    finding = one(examined(server, 10, before=damage), "values")
    assert finding.severity == "error"
    assert "2 of 10 values" in finding.sentence
    assert "n3" in finding.sentence
    assert finding.fix.startswith("axon forget ")


@pytest.mark.parametrize("part", ["i", "x", "f", "w", "c"])
def test_a_lost_key_of_the_index(server, part):
    finding = one(examined(server, 10, before=lambda: server.call("UNLINK", f"{BASE}:{part}")), "index")
    assert (finding.severity, "makes it anew" in finding.sentence) == ("warning", True)


def test_an_index_that_is_lost_as_a_whole(server):
    def damage():
        server.call("UNLINK", *(f"{BASE}:{part}" for part in "ixfwc"))

    found = examined(server, 10, before=damage)
    assert (one(found, "index").severity, "10 or more entries" in one(found, "index").sentence) == ("warning", True)


def test_entries_that_the_index_does_not_know(server):
    finding = one(examined(server, 10, before=lambda: server.call("HDEL", f"{BASE}:f", "=n7\0")), "index")
    assert (finding.severity, "1 of 10 entries" in finding.sentence) == ("error", True)


def test_an_index_that_other_settings_made(server):
    examined(server, 10, text_index=False)
    finding = one(examined(server), "index")
    assert (finding.severity, "other settings" in finding.sentence) == ("warning", True)


def test_garbage_in_the_index(server):
    def damage():
        server.call("UNLINK", *(f"{BASE}=n{number}\0" for number in range(60)))

    found = examined(server, 100, before=damage)
    assert (one(found, "garbage").severity, "60 % are gone" in one(found, "garbage").sentence) == ("warning", True)


def test_a_key_of_ours_that_holds_something_else(server):
    server.call("SET", f"{BASE}:x", "not ours")
    finding = one(examined(server), "entries")
    assert (finding.severity, "choose another namespace" in finding.fix) == ("error", True)


def test_another_number_of_shards(server):
    examined(server, 5)
    finding = one(examined(server, shards=2), "shards")
    assert (finding.severity, "has 1 shards" in finding.sentence) == ("error", True)


def test_clocks_that_differ(server):
    finding = one(examined(server, local_clock=lambda: datetime.now(UTC).timestamp() - 30), "clock")
    assert (finding.severity, "ahead of" in finding.sentence) == ("warning", True)
    assert "clock" not in examined(server)


def test_sentinels():
    with SentinelSetup() as setup:
        where = {"url": setup.url}
        found = examined(**where, count=5)
        assert one(found, "Sentinel").severity == "ok"
        assert "3 sentinels name" in one(found, "Sentinel").sentence
        assert "quorum 2 of 3" in one(found, "Sentinel").sentence
        assert one(found, "role").sentence == "a primary with 2 replicas"
        setup.sentinels[0].kill()
        finding = examined(**where)["Sentinel"][0]
        assert (finding.severity, setup.sentinels[0].where in finding.sentence) == ("warning", True)
        setup.sentinels[1].kill()
        assert "2 would be needed" in examined(**where)["Sentinel"][1].sentence
        setup.sentinels[2].kill()
        found = examined(**where)
        assert {one(found, "Sentinel").severity, one(found, "server").severity} == {"error"}


def test_sentinels_that_do_not_know_the_service():
    with SentinelSetup() as setup:
        found = examined(url=setup.url.replace("mymaster", "another"))
        assert "knows the service 'another'" in one(found, "Sentinel").sentence


def test_a_cluster_and_a_hole_in_it():
    with ClusterSetup(replicas=0) as cluster:
        found = examined(url=cluster.url, count=20)
        finding = one(found, "cluster")
        assert finding.severity == "warning"
        assert "3 primaries with 0 replicas, 16,384 slots of 16,384 served" in finding.sentence
        assert len(found["latency"]) == 3
        assert one(found, "version").sentence.startswith("all 3 primaries: Valkey")
        assert one(found, "entries").sentence.startswith("20 entries")
        for node in cluster.nodes:
            node.call("CLUSTER", "DELSLOTS", 7, 8, 9, 4000)
        wait_until(lambda: "cluster_state:fail" in cluster.nodes[0].call("CLUSTER", "INFO"), "the hole is seen")
        found = examined(url=cluster.url)
        finding = one(found, "cluster")
        assert finding.severity == "error"
        assert "nobody serves 7-9, 4000" in finding.sentence
        assert finding.fix.startswith("redis-cli --cluster fix ")


def test_a_node_of_a_cluster_that_is_down():
    with ClusterSetup(replicas=0) as cluster:
        dead = cluster.nodes[2]
        dead.kill()
        found = examined(url=cluster.url)
        assert dead.where in one(found, "server").sentence
        assert len(found["latency"]) == 2


def test_a_plain_url_to_a_node_of_a_cluster():
    with ClusterSetup(masters=3, replicas=0) as cluster:
        finding = examined(cluster.nodes[0])["role"][0]
        assert (finding.severity, "redis+cluster://" in finding.fix) == ("error", True)
