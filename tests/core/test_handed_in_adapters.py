"""A policy over an adapter that was handed in: what it says is kept, or refused in a sentence."""

from __future__ import annotations

import pytest

from axon import MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import CapabilityError


def system(adapter, **policy):
    return MemorySystem(MemoryConfig(session=SessionPolicy(**policy)), adapters={"session": adapter})


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (
            {"max_entries": 10},
            "session.max_entries is 10, but the adapter that was handed in, InMemoryAdapter, has None",
        ),
        ({"max_entries": 5, "eviction": "lru"}, "session.eviction is 'lru', .* has 'oldest'"),
        ({"refresh_on_read": True}, "session.refresh_on_read is True, .* has False"),
    ],
)
def test_what_the_adapter_does_otherwise_is_refused(policy, says):
    with pytest.raises(CapabilityError, match=says):
        system(InMemoryAdapter(max_entries=policy.get("max_entries") if "eviction" in policy else None), **policy)


@pytest.mark.parametrize("policy", [{"max_entries": 10}, {"refresh_on_read": True}])
def test_so_is_what_the_adapter_does_not_tell(failing, policy):
    with pytest.raises(CapabilityError, match=f"Failing, has no attribute '{next(iter(policy))}'"):
        system(failing(ValueError()), **policy)


def test_what_agrees_is_taken():
    rules = {"max_entries": 10, "eviction": "lru", "refresh_on_read": True}
    adapter = InMemoryAdapter(**rules)
    assert system(adapter, **rules).tier("session") is adapter


def test_a_policy_that_says_nothing_leaves_the_adapter_its_own(failing):
    adapter = InMemoryAdapter(max_entries=10, eviction="lru", refresh_on_read=True)
    assert system(adapter).tier("session") is adapter
    assert system(failing(ValueError()), eviction="lru")
