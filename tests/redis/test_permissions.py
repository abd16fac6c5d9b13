"""The rule that the doctor prints: a user with exactly this can do everything, and one with less cannot."""

import asyncio
import logging
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from redis_agreement import agree
from redis_servers.address import HOST
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.core.errors import AxonError
from axon.spi import Query
from axon_redis.adapter import RedisAdapter

NAMESPACE = "a sh*p: it's [ours] {1}"
PASSWORD = "of the user"
SETTINGS = {
    "plain": {},
    "bounded": {"max_entries": 40, "eviction": "lru"},
    "refreshing": {"refresh_on_read": True, "text_index": False},
    "everything": {"max_entries": 40, "eviction": "lru", "refresh_on_read": True},
}


def rule_of(server, **settings):
    """The arguments of ``ACL SETUSER`` that the doctor gives, with a password of the test's."""

    async def main():
        adapter = RedisAdapter(**{"host": HOST, "port": server.port, "namespace": NAMESPACE, **settings})
        try:
            return await adapter.doctor()
        finally:
            await adapter.close()

    (finding,) = [one for one in asyncio.run(main()) if one.subject == "ACL"]
    line = shlex.split(finding.fix)
    assert line[:7] == ["redis-cli", "-h", HOST, "-p", str(server.port), "ACL", "SETUSER"]
    return ["reset", *(f">{PASSWORD}" if part == ">PASSWORD" else part for part in line[8:])]


def entry(number, *, lifetime=timedelta(hours=1)):
    now = datetime.now(UTC)
    return MemoryEntry(
        id=f"n{number}",
        text=f"word{number % 5} and number {number}",
        tags=["all", f"tag{number % 3}"],
        user_id="user",
        session_id="session",
        importance=number % 10 / 10,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )


async def use(adapter, admin, base):
    """Call everything, also where an index is damaged; says in a note of an error which call raised it."""

    async def attempt(name, call):
        try:
            return await call
        except AxonError as error:
            error.add_note(name)
            raise

    await attempt("save", adapter.save(entry(0, lifetime=timedelta(milliseconds=20))))
    await attempt("save_many", adapter.save_many([entry(number) for number in range(1, 130)]))
    await attempt("replace", adapter.save(entry(3)))
    await attempt("update", adapter.update("n129", text="another text", tags=["all", "more"]))
    await attempt("undying", adapter.save(entry(130, lifetime=None)))
    await attempt("get", adapter.get("n130"))
    await attempt("get_many", adapter.get_many(["n129", "n128"]))
    for name, query in {
        "words": Query(text="word1 number"),
        "a tag": Query(filter=Filter(tags=["all"])),
        "tags": Query(filter=Filter(tags=["all", "tag1"])),
        "words and tags": Query(text="word1 all", filter=Filter(tags=["tag1"]), explain=True),
        "importance": Query(filter=Filter(importance=(0.5, 1.0))),
    }.items():
        await attempt(name, adapter.query(query))
    page = await attempt("scan", adapter.scan(limit=10))
    if page.cursor is not None:
        await attempt("scan on", adapter.scan(page.cursor, limit=10))
    await attempt("count", adapter.count())
    await attempt("residue", adapter.residue())
    await attempt("count some", adapter.count(Filter(user_id="user")))
    await attempt("delete", adapter.delete("n129"))
    await attempt("delete some", adapter.delete_where(Filter(tags=["tag2"])))
    health = await adapter.health()
    assert health.status == "ok", health.detail
    admin("SCRIPT", "FLUSH")
    for part in (b":i", b":x"):
        admin("UNLINK", base + part)
        await attempt(f"heal {part}", adapter.query(Query(filter=Filter(tags=["all"]))))
    await attempt("save again", adapter.save_many([entry(number) for number in range(140, 300)]))
    await attempt("heal again", adapter.query(Query(filter=Filter(tags=["all"]))))
    await attempt("clear", adapter.clear())
    await agree(adapter, attempt)


def run(server, settings, user="axon", **where):
    """Everything is called as ``user``. The first error, and what the server refused meanwhile."""
    denied, problem = [], None

    async def main():
        where_is = {"host": HOST, "port": server.port} | where
        adapter = RedisAdapter(**where_is, username=user, password=PASSWORD, namespace=NAMESPACE, **settings)
        base = b"{a sh*p: it's [ours] %7B1%7D}"
        try:
            await use(adapter, server.call, base)
        finally:
            await adapter.close()

    server.call("ACL", "LOG", "RESET")
    try:
        asyncio.run(main())
    except (AxonError, AssertionError) as error:
        problem = error
    for row in server.call("ACL", "LOG"):
        fields = dict(zip(row[::2], row[1::2], strict=True))
        # redis-py introduces itself, and does not mind that it may not.
        if fields["username"] == user and not fields["object"].startswith("client"):
            denied.append((fields["reason"], fields["object"]))
    return problem, denied


@pytest.fixture(params=["valkey-9", "redis-6.2"])
def any_server(request):
    with Server(request.param) as it:
        yield it


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_user_with_the_rule_can_do_everything(any_server, settings):
    any_server.call("ACL", "SETUSER", "axon", *rule_of(any_server, **settings))
    assert run(any_server, settings) == (None, [])


@pytest.mark.parametrize("settings", [SETTINGS["plain"], SETTINGS["everything"]], ids=["plain", "everything"])
def test_without_any_one_of_its_commands_something_fails(replicated, settings, caplog):
    server = replicated.master
    rule = rule_of(server, **settings)
    commands = [part[1:] for part in rule if part.startswith("+")]
    assert len(commands) > 30
    needless = []
    for command in commands:
        server.call("FLUSHALL")
        server.call("ACL", "SETUSER", "axon", *rule, f"-{command}")
        caplog.clear()
        with caplog.at_level(logging.WARNING, "axon.redis"):
            problem, denied = run(server, settings)
        if not denied or (problem is None and not caplog.text):
            needless.append(command)
    assert needless == []


def test_a_user_with_the_rule_can_wait_for_a_replica(replicated):
    replicated.master.call("ACL", "SETUSER", "axon", *rule_of(replicated.master))
    assert run(replicated.master, {}) == (None, [])
    assert "cmdstat_wait" in replicated.master.info("commandstats")


def test_the_rule_opens_no_other_namespace(server):
    server.call("ACL", "SETUSER", "axon", *rule_of(server))
    assert run(server, {}) == (None, [])

    async def main():
        adapter = RedisAdapter(HOST, server.port, username="axon", password=PASSWORD, namespace=f"{NAMESPACE}2")
        try:
            with pytest.raises(AxonError, match="NOPERM"):
                await adapter.save(entry(1))
        finally:
            await adapter.close()

    asyncio.run(main())


def test_another_db_needs_select(server):
    rule = rule_of(server, db=3)
    assert "+select" in rule
    server.call("ACL", "SETUSER", "axon", *rule)
    assert run(server, {"db": 3, "max_entries": None})[1] == []


def test_a_split_namespace_has_the_keys_of_all_its_shards(server):
    rule = rule_of(server, shards=3)
    server.call("ACL", "SETUSER", "axon", *rule)
    assert run(server, {"shards": 3}) == (None, [])


def test_on_a_cluster():
    with ClusterSetup(replicas=0) as cluster:
        where = {"url": cluster.url, "host": None, "port": None}
        rule = rule_of(cluster.nodes[0], **where)
        for node in cluster.nodes:
            node.call("ACL", "SETUSER", "axon", *rule)
        for node in cluster.nodes:
            node.call("ACL", "LOG", "RESET")

        async def main():
            adapter = RedisAdapter(url=cluster.url, username="axon", password=PASSWORD, namespace=NAMESPACE)
            try:
                await adapter.save_many([entry(number) for number in range(100)])
                assert await adapter.count() == 100
                assert await adapter.query(Query(text="word1"))
                assert await adapter.clear() == 100
                await agree(adapter, lambda _, call: call)
            finally:
                await adapter.close()

        asyncio.run(main())
        for node in cluster.nodes:
            objects = [row[row.index("object") + 1] for row in node.call("ACL", "LOG")]
            assert [name for name in objects if not name.startswith("client")] == []


def test_through_sentinels():
    with SentinelSetup() as sentinel:
        rule = rule_of(sentinel.master, url=sentinel.url, host=None, port=None)
        assert "+role" in rule
        sentinel.master.call("ACL", "SETUSER", "axon", *rule)
        where = {"url": sentinel.url, "host": None, "port": None}
        assert run(sentinel.master, {}, **where) == (None, [])
