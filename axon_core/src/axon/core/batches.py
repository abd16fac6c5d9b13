"""What ``store_many`` is given, as entries by tier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from axon.core.arguments import check_store_arguments, item_arguments, new_entry
from axon.core.entries import IMPORTANCE, MemoryEntry
from axon.core.errors import InvalidInput, WrongType

if TYPE_CHECKING:
    from axon.core.tier import Tier
    from axon.core.tiers import Tiers

Batches: TypeAlias = "dict[Tier, list[MemoryEntry]]"


def batched(
    items: Iterable[str | Mapping[str, Any] | MemoryEntry], tiers: Tiers, *, tier: str | None, common: Mapping[str, Any]
) -> tuple[Batches, list[str]]:
    """The entries of ``items`` by the tier that they go to, and their ids in order.

    ``tier`` and ``common`` hold for what does not say otherwise. :class:`InvalidInput` names the first item that
    cannot be used.
    """
    if isinstance(items, str | Mapping | MemoryEntry):
        raise WrongType(f"store_many takes a list of items, got one {type(items).__name__}: use store()")
    if not isinstance(items, Iterable):
        raise WrongType(f"store_many takes a list of items, got {type(items).__name__}")
    check_store_arguments(common)
    for name in ("id", "text"):
        if name in common:
            raise WrongType(f"{name} cannot be the same for all items: give each one, as in {{'text': ..., 'id': ...}}")
    batches: Batches = {}
    ids: list[str] = []
    for position, item in enumerate(items):
        target, entry = _placed(item, tiers, {"tier": tier, **common}, position)
        batches.setdefault(target, []).append(entry)
        ids.append(entry.id)
    return batches, ids


def _placed(
    item: str | Mapping[str, Any] | MemoryEntry, tiers: Tiers, common: Mapping[str, Any], position: int
) -> tuple[Tier, MemoryEntry]:
    if isinstance(item, MemoryEntry):
        return tiers.target(common["tier"], item.importance), item
    try:
        arguments = {**common, **item_arguments(item)}
        target = tiers.target(arguments.pop("tier"), arguments.get("importance", IMPORTANCE))
        return target, new_entry(**arguments, by_policy=target.lifetime)
    except InvalidInput as error:
        error.args = (f"item {position}: {error}",)
        raise
