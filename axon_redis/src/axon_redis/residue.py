"""How much a shard keeps: its keys, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon_redis.shard import READ_AT_ONCE
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.shard import Shard

_SIZES = {b"zset": "ZCARD", b"hash": "HLEN"}
"""What tells how many members or fields there are; all else is one record."""


async def residue(shard: Shard) -> int:
    """The entries in ``shard``, the members and fields of its index, and whatever else begins with its name.

    What is gone is taken out of the index before. What says in which state the index is does not count: at most one
    short string, which does not grow and which an empty namespace may have too, for some time.
    """
    await shard.check()
    await shard.prune()
    link, base = shard.link, shard.keys.base
    found: set[bytes] = set()
    async for some in walk(link, shard.keys, shard.keys.pattern(b"*")):
        found.update(some)
    keys = sorted(found - {shard.keys.complete, shard.keys.rebuild})
    total = 0
    for first in range(0, len(keys), READ_AT_ONCE):
        part = keys[first : first + READ_AT_ONCE]
        kinds = await link.calls(base, [("TYPE", key) for key in part])
        sizes = [(_SIZES[kind], key) for kind, key in zip(kinds, part, strict=True) if kind in _SIZES]
        others = [kind for kind in kinds if kind not in _SIZES and kind != b"none"]
        total += sum(await link.calls(base, sizes)) + len(others)
    return total
