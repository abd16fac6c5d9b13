"""Looking at one shard: some questions, each of which the server answers in a millisecond or so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from attrs import define, field

from axon.core.errors import StoreCorrupt
from axon_redis.doctor.server import REFUSED
from axon_redis.keys import packed
from axon_redis.shard import EMPTY

if TYPE_CHECKING:
    from axon_redis.doctor.server import Server
    from axon_redis.shard import Shard

SAMPLED = 200
_WEIGHED = 50
_SCANS = 10
_SCANNED = 1000


@define
class Survey:
    """What was found in one shard; ``None`` where the server did not permit the question."""

    shard: Shard
    said: bytes | None = None
    """What the key ``complete`` says."""
    missing: list[str] = field(factory=list)
    """The keys of the index that are not there."""
    is_rebuilt: bool = False
    entries: int | None = None
    undying: bool | None = None
    """Whether there are entries without a TTL."""
    indexed: int = 0
    """Entries of a sample from the index."""
    gone: int = 0
    """Those of them whose values are not there."""
    seen: int = 0
    """Entries of a sample from the keys."""
    invisible: int = 0
    """Those of them that the index does not know."""
    scanned: int = 0
    """So many keys of the server were gone through to find them."""
    is_scan_whole: bool = False
    read: int = 0
    corrupt: list[str] = field(factory=list)
    value_size: float | None = None
    """Mean bytes of a value, of those that were read."""
    weight: float | None = None
    """Mean bytes that an entry takes of the server's memory, with its key, of a sample."""
    weighed: int = 0
    """How many were in that sample."""
    index_size: int | None = None
    """Bytes that the index takes, as the server estimates."""

    @property
    def is_vouched(self) -> bool:
        """Whether queries trust the index."""
        return self.shard.is_whole(self.said) and not (self.has_index if self.said == EMPTY else self.missing)

    @property
    def has_index(self) -> bool:
        """Whether any part of an index is there."""
        return len(self.missing) < len(self.shard.parts)


async def survey(server: Server, shard: Shard) -> Survey:
    """Look at ``shard``, which lies on ``server``; raises what :meth:`Server.ask` does."""
    found = Survey(shard)
    await _index(server, found)
    indexed = await _indexed(server, found)
    seen = await _seen(server, found)
    await _gone(server, found, indexed)
    await _invisible(server, found, seen)
    values = await _values(server, found, list(dict.fromkeys([*indexed, *seen]))[:SAMPLED])
    await _weigh(server, found, values)
    return found


async def _index(server: Server, found: Survey) -> None:
    shard, keys = found.shard, found.shard.keys
    said = await server.ask("GET", keys.complete)
    found.said = None if said is REFUSED else said
    there = await server.ask_each(*(("EXISTS", key) for key in shard.parts))
    found.missing = [
        key.decode(errors="replace") for key, is_there in zip(shard.parts, there, strict=True) if is_there == 0
    ]
    found.is_rebuilt = await server.ask("EXISTS", keys.rebuild) == 1
    entries = await server.ask("ZCARD", keys.due)
    if entries is not REFUSED:
        found.entries = int(entries)
    lasting = await server.ask("ZRANGEBYSCORE", keys.due, "+inf", "+inf", "LIMIT", 0, 1)
    if lasting is not REFUSED:
        found.undying = bool(lasting)


async def _indexed(server: Server, found: Survey) -> list[bytes]:
    """Some ids of the index, by chance."""
    fields = await server.ask("HRANDFIELD", found.shard.keys.records, SAMPLED)
    return [] if fields is REFUSED else [name for name in fields if name[:1] in {b"=", b"#"}]


async def _seen(server: Server, found: Survey) -> list[bytes]:
    """Some ids of entries, from a walk over the keys of the server that ends early."""
    keys, cursor, ids = found.shard.keys, b"0", dict[bytes, None]()
    for _ in range(_SCANS):
        reply = await server.ask("SCAN", cursor, "MATCH", keys.pattern(), "COUNT", _SCANNED)
        if reply is REFUSED:
            return []
        cursor, some = reply
        ids.update(dict.fromkeys(key.removeprefix(keys.base) for key in some))
        found.scanned += _SCANNED
        if cursor == b"0":
            found.is_scan_whole = True
            break
        if len(ids) >= SAMPLED:
            break
    return list(ids)[:SAMPLED]


async def _values(server: Server, found: Survey, ids: Sequence[bytes]) -> dict[bytes, bytes]:
    """The values of some ids, each of which is tried out."""
    keys = found.shard.keys
    reply = await server.ask("MGET", *(keys.entry(packed_id) for packed_id in ids)) if ids else []
    if reply is REFUSED:
        return {}
    values = {packed_id: value for packed_id, value in zip(ids, reply, strict=True) if value is not None}
    for packed_id, value in values.items():
        problem = _problem(found.shard, packed_id, value)
        if problem is not None:
            found.corrupt.append(problem)
    found.read = len(values)
    if values:
        found.value_size = sum(map(len, values.values())) / len(values)
    return values


def _problem(shard: Shard, packed_id: bytes, value: bytes) -> str | None:
    """The id of a value that is no entry, or not the one that lies there."""
    try:
        entry = shard.entry(packed_id, value)
    except StoreCorrupt as error:
        return error.entry_id
    except ValueError:
        return repr(packed_id)
    return None if packed(entry.id) == packed_id else entry.id


async def _gone(server: Server, found: Survey, indexed: Sequence[bytes]) -> None:
    there = await _exist(server, found, indexed)
    if there is not None:
        found.indexed, found.gone = len(indexed), there.count(0)


async def _invisible(server: Server, found: Survey, seen: Sequence[bytes]) -> None:
    records = await server.ask("HMGET", found.shard.keys.records, *seen) if seen else []
    if records is REFUSED:
        return
    unknown = [packed_id for packed_id, record in zip(seen, records, strict=True) if record is None]
    # What was deleted since it was seen is no fault.
    alive = await _exist(server, found, unknown)
    if alive is not None:
        found.seen, found.invisible = len(seen), alive.count(1)


async def _exist(server: Server, found: Survey, ids: Sequence[bytes]) -> list[int] | None:
    """1 or 0 for each id."""
    replies = await server.ask_each(*(("EXISTS", found.shard.keys.entry(packed_id)) for packed_id in ids))
    return None if any(reply is REFUSED for reply in replies) else replies


async def _weigh(server: Server, found: Survey, values: Iterable[bytes]) -> None:
    keys = found.shard.keys
    index = await _weights(server, [*found.shard.parts, keys.complete])
    if index is None:
        return
    found.index_size = sum(index)
    weights = await _weights(server, [keys.entry(packed_id) for packed_id in islice(values, _WEIGHED)])
    if weights:
        found.weight = sum(weights) / len(weights)
        found.weighed = len(weights)


async def _weights(server: Server, keys: Sequence[bytes]) -> list[int] | None:
    """Bytes of each key that is there."""
    replies = await server.wish_each(*(("MEMORY", "USAGE", key) for key in keys), name="memory|usage")
    return None if any(reply is REFUSED for reply in replies) else [reply for reply in replies if reply is not None]
