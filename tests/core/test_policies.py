"""The bounds and defaults of policies, and what a MemoryConfig takes."""

from __future__ import annotations

import math

import attrs
import pytest

from axon import EphemeralPolicy, MemoryConfig, PersistentPolicy, SessionPolicy
from axon.core.errors import ConfigError, InvalidInput, WrongType
from axon.core.policies import POLICIES, TierPolicy

DAY = 86_400
ALL = [EphemeralPolicy, SessionPolicy, PersistentPolicy]


def test_defaults():
    assert [(p().adapter_type, p().ttl_seconds) for p in ALL] == [("memory", 60), ("memory", 1800), ("vector", None)]
    for policy in ALL:
        made = policy()
        assert (made.max_entries, made.eviction, made.refresh_on_read) == (None, "oldest", False)


def test_policies_are_ordered_by_how_long_memory_lives():
    assert list(POLICIES.values()) == ALL
    assert [policy.tier for policy in ALL] == ["ephemeral", "session", "persistent"]


@pytest.mark.parametrize(
    ("policy", "ttl"),
    [(EphemeralPolicy, 5), (EphemeralPolicy, 5.5), (EphemeralPolicy, 3600), (SessionPolicy, 60), (SessionPolicy, 10 * DAY),  # noqa: E501
     (SessionPolicy, 1000 * 365 * DAY), (PersistentPolicy, DAY), (PersistentPolicy, None)],
)  # fmt: skip
def test_ttl_within_bounds(policy, ttl):
    assert policy(ttl_seconds=ttl).ttl_seconds == ttl


@pytest.mark.parametrize(
    ("policy", "ttl", "says"),
    [
        (EphemeralPolicy, 4.999, "ephemeral memory must be from 5 to 3600 seconds, got 4.999"),
        (EphemeralPolicy, 3600.1, "from 5 to 3600 seconds, got 3600.1"),
        (EphemeralPolicy, 0, "got 0"),
        (EphemeralPolicy, -60, "got -60"),
        (EphemeralPolicy, math.inf, "from 5 to 3600"),
        (SessionPolicy, 59, "session memory must be at least 60 seconds, got 59"),
        (SessionPolicy, math.inf, "1000 years"),
        (SessionPolicy, 1e300, "1000 years"),
        (SessionPolicy, 10**400, "1000 years"),
        (SessionPolicy, -(10**400), "at least 60"),
        (PersistentPolicy, DAY - 1, f"persistent memory must be at least {DAY} seconds"),
        (PersistentPolicy, math.inf, "1000 years, or None for ever"),
        (EphemeralPolicy, None, "ephemeral memory does not last for ever"),
        (SessionPolicy, None, "session memory does not last for ever"),
    ],
)
def test_ttl_out_of_bounds(policy, ttl, says):
    with pytest.raises(InvalidInput, match=says):
        policy(ttl_seconds=ttl)


@pytest.mark.parametrize("policy", ALL)
@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("ttl_seconds", True, WrongType),
        ("ttl_seconds", "60", WrongType),
        ("ttl_seconds", math.nan, InvalidInput),
        ("ttl_seconds", [60], WrongType),
        ("max_entries", 0, InvalidInput),
        ("max_entries", -1, InvalidInput),
        ("max_entries", -(10**400), InvalidInput),
        ("max_entries", True, WrongType),
        ("max_entries", 1.0, WrongType),
        ("max_entries", "10", WrongType),
        ("eviction", "newest", InvalidInput),
        ("eviction", "LRU", InvalidInput),
        ("eviction", None, InvalidInput),
        ("eviction", ["lru"], InvalidInput),
        ("refresh_on_read", 1, WrongType),
        ("refresh_on_read", "true", WrongType),
        ("refresh_on_read", None, WrongType),
        ("adapter_type", "", InvalidInput),
        ("adapter_type", None, WrongType),
        ("adapter_type", 5, WrongType),
        ("adapter_type", ["memory"], WrongType),
    ],
)
def test_nothing_is_coerced(policy, field, value, error):
    with pytest.raises(error, match=field) as caught:
        policy(**{field: value})
    assert caught.type is error


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="ttl"):
        SessionPolicy(ttl=60)


def test_a_changed_policy_is_checked_again():
    with pytest.raises(InvalidInput):
        attrs.evolve(SessionPolicy(), ttl_seconds=1)


class TestMemoryConfig:
    def test_tiers_are_the_configured_ones_the_shortest_lived_first(self):
        config = MemoryConfig(persistent=PersistentPolicy(), ephemeral=EphemeralPolicy())
        assert list(config.tiers) == ["ephemeral", "persistent"]

    def test_one_tier_at_least(self):
        with pytest.raises(
            ConfigError, match="no tier is configured: give at least one of ephemeral, session, persistent"
        ):
            MemoryConfig()

    @pytest.mark.parametrize("value", [EphemeralPolicy(), {}, "memory", SessionPolicy])
    def test_a_policy_sits_in_its_own_tier(self, value):
        with pytest.raises(WrongType, match="session must be of type SessionPolicy"):
            MemoryConfig(session=value)

    @pytest.mark.parametrize("namespace", ["", "a\0b", "x" * 1025, "\ud800"])
    def test_namespaces_are_names(self, namespace):
        with pytest.raises(InvalidInput, match="namespace"):
            MemoryConfig(session=SessionPolicy(), namespace=namespace)

    @pytest.mark.parametrize("namespace", [5, None, b"a", ["a"]])
    def test_namespaces_are_text(self, namespace):
        with pytest.raises(WrongType, match="namespace must be text"):
            MemoryConfig(session=SessionPolicy(), namespace=namespace)

    @pytest.mark.parametrize("adapters", [5, [], "redis", {"redis": 5}, {"redis": [1]}, {"redis": None}])
    def test_adapters_hold_tables(self, adapters):
        with pytest.raises(WrongType, match="adapters must hold a table of settings for each adapter"):
            MemoryConfig(session=SessionPolicy(), adapters=adapters)

    @pytest.mark.parametrize("middleware", ["logging", {"name": "logging"}, 5, None, [5], [None], [{}], [{"name": 5}]])
    def test_middleware_is_a_list_of_names_or_tables(self, middleware):
        with pytest.raises(InvalidInput, match="middleware"):
            MemoryConfig(session=SessionPolicy(), middleware=middleware)

    def test_middleware_by_name_or_table(self):
        config = MemoryConfig(session=SessionPolicy(), middleware=["metrics", {"name": "logging", "level": "info"}])
        assert config.middleware == ({"name": "metrics"}, {"name": "logging", "level": "info"})

    def test_settings_are_copied(self):
        settings = {"memory": {"language": "german"}}
        config = MemoryConfig(session=SessionPolicy(), adapters=settings)
        settings["memory"]["language"] = "french"
        assert config.adapters["memory"]["language"] == "german"


def test_every_tier_policy_says_what_it_is():
    for policy in ALL:
        assert issubclass(policy, TierPolicy)
        assert policy.__doc__
