"""What the blocks of the page promise about a memory: on the adapter ``redis``, and as much on ``memory``."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pytest
import spec_page

from axon import Filter

TODAY = datetime.now()  # noqa: DTZ005
OTHERS = [
    ("user_1", "user_11"),
    ("1", "11"),
    ("11", "1"),
    ("user-1", "user-11"),
    ("user-11", "user"),
    ("user 1", "user 2"),
    ("user 1", "1"),
    ("a b", "a  b"),
    ("🦊", "🦝"),
    ("🦊 1", "🦝 1"),
    (f"{TODAY:%Y}", f"{TODAY:%m}"),
    (f"{TODAY:%Y-%m-%d}", f"{TODAY:%d}"),
    (f"{TODAY:%H}", f"{TODAY:%Y-%m-%d}"),
    ("at", "request"),
    ("Request", "Request at"),
    ("rate_limit", "rate_limit:rate_limit"),
    ("a:b", "a"),
    ("a", "a:b"),
    ("*", "anyone"),
    ("", "x"),
    ("user", "User"),
    ("ada@example.com", "bob@example.com"),
    ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
    ("naïve", "naive"),
    ("用户一", "用户二"),
    ("user.1", "user.2"),
    ("the", "a"),
    ("(x)", "x"),
    ("x", "x."),
    ("{}", "{0}"),
]


@pytest.mark.parametrize(("user", "other"), OTHERS, ids=lambda value: ascii(value))
class TestRateLimiting:
    def test_it_limits_at_exactly_100_and_counts_nobody_else(self, stage, user, other):
        async def act(names):
            check_rate_limit = (await spec_page.run("rate limiting", names))["check_rate_limit"]
            for _ in range(100):
                assert await check_rate_limit(other)
            answers = [await check_rate_limit(user) for _ in range(103)]
            return [*answers, await check_rate_limit(other)]

        assert stage.run(act) == [True] * 100 + [False] * 4

    def test_it_starts_anew_after_a_minute(self, stage, user, other):
        async def act(names):
            check_rate_limit = (await spec_page.run("rate limiting", names))["check_rate_limit"]
            for _ in range(100):
                await check_rate_limit(user)
            assert not await check_rate_limit(user)
            stage.pass_time(61)
            return await check_rate_limit(user)

        assert stage.run(act)


def test_temporary_data(stage):
    async def act(names):
        await names["memory"].store("Temporary data", importance=0.2)
        *_, found = await names["memory"].recall("temporary")
        assert (found.tier, found.lifetime.total_seconds()) == ("ephemeral", 60)
        stage.pass_time(61)
        assert await names["memory"].get(found.id) is None
        assert await names["memory"].count() == 0

    stage.run(act)


def test_ttl_based_expiration(stage):
    async def act(names):
        seen = []

        async def sleep(seconds):
            seen.append(len(await names["memory"].recall("rate limit", tier="ephemeral")))
            await stage.sleep(seconds)

        names["asyncio"] = SimpleNamespace(sleep=sleep)
        await spec_page.run("ttl-based expiration", names)
        assert seen == [1]  # it was there before the 61 seconds
        assert names["results"] == []

    stage.run(act)


def test_session_management(stage):
    async def act(names):
        memory = names["memory"]
        names["user_id"] = "user_42"
        await memory.store("User logged in: user_43", importance=0.4, tier="session", tags=["sess_abc1234", "user_43"])
        await spec_page.run("session management", names)
        assert [entry.text for entry in names["results"]] == ["User logged in: user_42"]

        stage.pass_time(1801)
        assert await memory.recall("session", tier="session", filter=Filter(tags=["sess_abc123"])) == []

    stage.run(act)


def test_cache_warming(stage):
    items = [
        SimpleNamespace(id="item_1", content="How to query the index"),
        SimpleNamespace(id="item_2", content="Opening hours"),
    ]

    async def act(names):
        await spec_page.run("cache warming", names | {"frequently_accessed_items": items})
        assert {entry.text for entry in await names["memory"].recall("cache", tier="ephemeral")} == {
            item.content for item in items
        }
        return await names["memory"].recall("query", tier="ephemeral")

    assert [entry.text for entry in stage.run(act)] == ["How to query the index"]


def test_distributed_access(stage):
    async def act(names):
        await spec_page.run("distributed access", names)
        assert [entry.text for entry in names["results"]] == ["Shared data"]

    stage.run(act)


def test_a_full_tier_keeps_the_newest(stage):
    async def act(names):
        memory = names["memory"]
        await memory.store_many([f"request number{number}" for number in range(1003)], tier="session")
        assert await memory.count(tier="session") == 1000  # max_entries of "Basic Usage"
        assert await memory.recall("number2", tier="session") == []
        assert len(await memory.recall("number3", tier="session")) == 1

    stage.run(act)
