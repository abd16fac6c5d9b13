"""What a reader gives for each thing that it found in a file."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime, timedelta

import attrs
from attrs import frozen

from axon.core.config import MemoryConfig
from axon.core.entries import MemoryEntry
from axon.core.errors import UnknownTier
from axon.core.routing import route


@frozen(kw_only=True)
class Record:
    """An entry, and what the file says of its place."""

    entry: MemoryEntry
    where: str
    """File and line, for messages."""
    tier: str | None = None
    """The tier that the file names; ``None``: importance decides."""
    expires: bool = False
    """Whether the file itself says when the entry expires, or that it never does; if not, the policy does."""

    def placed(self, config: MemoryConfig, now: datetime, *, tier: str | None = None) -> tuple[str, MemoryEntry]:
        """The tier that is to keep the entry, ``tier`` before all others, and the entry with its expiry.

        :class:`~axon.core.errors.UnknownTier` if ``config`` does not have that tier.
        """
        target = tier or self.tier or route(self.entry.importance, config.tiers)
        if target not in config.tiers:
            have = ", ".join(config.tiers)
            raise UnknownTier(f"{self.where}: there is no tier {target!r} here; configured: {have}")
        seconds = config.tiers[target].ttl_seconds
        if self.expires or seconds is None:
            return target, self.entry
        # It was said some time ago and is remembered from now on.
        lifetime = timedelta(seconds=seconds)
        return target, attrs.evolve(self.entry, expires_at=now + lifetime, ttl=lifetime)


def stable_id(*parts: str | int | list[str] | None) -> str:
    """The same id for the same parts, at any time and on any machine: a UUID of version 8."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return str(uuid.UUID(int=int.from_bytes(digest[:16]) & ~(0xF << 76) & ~(3 << 62) | (8 << 76) | (2 << 62)))
