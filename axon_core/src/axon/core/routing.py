"""Which tier keeps an entry that names none."""

from __future__ import annotations

from collections.abc import Collection

from axon.core.policies import POLICIES

SESSION_FROM = 0.3
PERSISTENT_FROM = 0.7

_TIERS = tuple(POLICIES)


def route(importance: float, configured: Collection[str]) -> str:
    """The tier for ``importance``: below 0.3 ephemeral, below 0.7 session, else persistent.

    Where that tier is not configured, the next longer-lived one that is; else the next shorter.
    """
    wanted = (importance >= SESSION_FROM) + (importance >= PERSISTENT_FROM)
    for tier in (*_TIERS[wanted:], *reversed(_TIERS[:wanted])):
        if tier in configured:
            return tier
    raise ValueError("no tier is configured")
