"""Tags of results: a tag has a token in the store, and what was made when it had another one does not count."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from axon.coordination.names import stored_name

if TYPE_CHECKING:
    from axon.core.tier import Tier


def token_of(blob: bytes | None) -> str | None:
    """The token in what the store has of a tag; ``None`` where it has nothing."""
    return None if blob is None else _read(blob)[0]


async def lasting_token(tier: Tier, tag: str, blob: bytes | None, *, ttl: float) -> str:
    """The token of ``tag``, remembered for ``ttl`` seconds from now on; made where there is none.

    Were it forgotten before what has it, that would count as invalid. ``blob`` is what the store had of it just now.
    With the token it has for how many seconds the tag is remembered, so that results that are kept shortly do not let
    those be forgotten that are kept for long.
    """
    name = stored_name("tag", tag)
    while True:
        token, span = (secrets.token_hex(8), 0.0) if blob is None else _read(blob)
        span = max(span, ttl)
        if await tier.ask("swap", name=name, old=blob, new=f"{token} {span!r}".encode(), ttl=span):
            return token
        (blob,) = await tier.ask("values", names=[name])


def _read(blob: bytes) -> tuple[str, float]:
    token, _, span = blob.decode().partition(" ")
    return token, float(span)
