"""Into how many shards a namespace is split: decided when it is first used, and the same ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon.core.errors import StoreConflict
from axon_redis.keys import Keys

if TYPE_CHECKING:
    from axon_redis.link import Link
    from axon_redis.rules import Rules


def shards_key(rules: Rules) -> bytes:
    """Where the number of shards is kept, if there are several."""
    return Keys.of(rules.namespace).shards


async def _is_ours(link: Link, rules: Rules) -> bool:
    """Whether there are entries under this number of shards: then what says another number does not count."""
    for number in range(rules.shards):
        keys = Keys.of(rules.namespace, number, rules.shards)
        if await link.call(keys.base, ("EXISTS", keys.due)):
            return True
    return False


async def check_shards(link: Link, rules: Rules) -> None:
    """Refuse another number of shards than the namespace has: entries would be looked for where they are not."""
    keys, key = Keys.of(rules.namespace), shards_key(rules)
    kept, unsplit = await link.calls(keys.base, [("GET", key), ("EXISTS", keys.due)])
    if kept is None and rules.shards > 1 and not unsplit:
        await link.call(keys.base, ("SET", key, rules.shards, "NX"))
        kept = await link.call(keys.base, ("GET", key))
    has = 1 if kept is None else int(kept)
    if has != rules.shards and not await _is_ours(link, rules):
        raise StoreConflict(
            f"{link.where(keys.base)}: the namespace {rules.namespace!r} has {has} shards, and shards={rules.shards} "
            f"was given: say shards={has}, or export the entries and import them into another namespace"
        )
