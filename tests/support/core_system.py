"""What tests of a MemorySystem share: its tiers, in memory, and what it lists."""

from __future__ import annotations

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, PersistentPolicy, SessionPolicy

TIERS = ("ephemeral", "session", "persistent")
POLICIES = {
    "ephemeral": EphemeralPolicy(),
    "session": SessionPolicy(),
    "persistent": PersistentPolicy(adapter_type="memory"),
}


def system(*tiers):
    return MemorySystem(MemoryConfig(**{tier: POLICIES[tier] for tier in tiers}))


async def listed(entries):
    return [entry async for entry in entries]
