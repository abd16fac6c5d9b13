"""What ``store_many`` is given, as entries by tier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

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
    cannot be used; a ready entry cannot where there is anything in ``common``, which it would not get.
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
    try:
        if isinstance(item, MemoryEntry):
            _check_untouched(common)
            return tiers.target(common["tier"], item.importance), _plain(item)
        arguments = {**common, **item_arguments(item)}
        target = tiers.target(arguments.pop("tier"), arguments.get("importance", IMPORTANCE))
        return target, new_entry(**arguments, by_policy=target.lifetime)
    except InvalidInput as error:
        error.args = (f"item {position}: {error}",)
        raise


def _check_untouched(common: Mapping[str, Any]) -> None:
    """Refuse arguments beside a ready entry, which is stored as it is: nobody would notice that they are lost."""
    if lost := [name for name in common if name != "tier"]:
        expiry = ", and its ttl as expires_at" if "ttl" in lost else ""
        raise InvalidInput(
            f"a MemoryEntry is stored as it is, so {' and '.join(lost)} for all items would be lost: change the entry "
            f"with attrs.evolve{expiry}, or give a mapping of the arguments of store()"
        )


def _plain(entry: MemoryEntry) -> MemoryEntry:
    """``entry`` without what recalling it added: a score and a tier would be stored, and be wrong later."""
    if type(entry) is MemoryEntry:
        return entry
    return MemoryEntry.restored(**{name: getattr(entry, name) for name in attrs.fields_dict(MemoryEntry)})
