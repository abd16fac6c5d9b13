"""How much a namespace keeps: its keys, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link
    from axon_redis.shard import Shard

_SIZES = {b"zset": "ZCARD", b"hash": "HLEN", b"list": "LLEN"}
"""What tells how many members, fields or parts there are; all else is one record."""
_AT_ONCE = 200


async def of_entries(shard: Shard) -> int:
    """The entries in ``shard``, the members and fields of its index, and whatever else begins with its name.

    What is gone is taken out of the index before. What says in which state the index is does not count: at most one
    short string, which does not grow and which an empty namespace may have too, for some time.
    """
    await shard.check()
    await shard.prune()
    keys = shard.keys
    return await _records(shard.link, keys, keys.pattern(b"[^!]*"), apart_from={keys.complete, keys.rebuild})


async def of_coordination(link: Link, keys: Keys) -> int:
    """Locks, counters and values, and the parts of windows; the number of the last lock does not count."""
    return await _records(link, keys, keys.pattern(b"!*"), apart_from={keys.fence})


async def _records(link: Link, keys: Keys, pattern: bytes, *, apart_from: set[bytes]) -> int:
    found: set[bytes] = set()
    async for some in walk(link, keys, pattern):
        found.update(some)
    names = sorted(found - apart_from)
    total = 0
    for first in range(0, len(names), _AT_ONCE):
        part = names[first : first + _AT_ONCE]
        kinds = await link.calls(keys.base, [("TYPE", key) for key in part])
        sizes = [(_SIZES[kind], key) for kind, key in zip(kinds, part, strict=True) if kind in _SIZES]
        others = [kind for kind in kinds if kind not in _SIZES and kind != b"none"]
        total += sum(await link.calls(keys.base, sizes)) + len(others)
    return total
