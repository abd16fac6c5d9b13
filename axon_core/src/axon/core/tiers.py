"""The tiers of a system, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from axon.core.entries import check_importance
from axon.core.errors import CapabilityError, Closed, InvalidInput, UnknownTier, WrongType, shown
from axon.core.routing import route
from axon.core.suggestions import did_you_mean
from axon.core.tier import CLOSED, Tier

if TYPE_CHECKING:
    from axon.core.capabilities import Capability


class Tiers:
    """The configured tiers, the shortest-lived first. Once ``closed``, nothing is found here any more."""

    def __init__(self, tiers: Mapping[str, Tier]) -> None:
        self._tiers = dict(tiers)
        self._capable: dict[tuple[Capability, ...], Tier] = {}
        self.closed = False

    def close(self) -> None:
        """Let nothing be found any more, and nothing begin with what was found before."""
        self.closed = True
        for tier in self:
            tier.closed = True

    def __iter__(self) -> Iterator[Tier]:
        return iter(self._tiers.values())

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(self._tiers)

    def check_open(self) -> None:
        """Raise :class:`Closed` once the system is closed."""
        if self.closed:
            raise Closed(CLOSED)

    def named(self, name: str) -> Tier:
        """The tier of that name; :class:`UnknownTier` names the closest."""
        self.check_open()
        tier = self._tiers.get(name) if isinstance(name, str) else None
        if tier is None:
            hint = did_you_mean(name, self._tiers)
            raise UnknownTier(f"there is no tier {shown(name)} here; {hint}configured: {', '.join(self._tiers)}")
        return tier

    def capable(self, name: str | None, *needed: Capability) -> Tier:
        """The tier of that name or, without one, the shortest-lived whose adapter has all of ``needed``.

        :class:`CapabilityError` where its adapter has not, or none has.
        """
        if name is not None:
            tier = self.named(name)
            if missing := [capability for capability in needed if not tier.has(capability)]:
                raise CapabilityError(
                    f"{name}: adapter {tier.adapter_name!r} has no {' and no '.join(missing)}: name another tier, or "
                    f"set {name}.adapter_type to an adapter that has (`axon adapters` lists them)"
                )
            return tier
        self.check_open()
        if (known := self._capable.get(needed)) is not None:
            return known
        for tier in self._tiers.values():
            if tier.has(*needed):
                self._capable[needed] = tier
                return tier
        adapters = ", ".join(f"{tier.name}: {tier.adapter_name}" for tier in self)
        raise CapabilityError(
            f"no tier has {' and '.join(needed)} ({adapters}): set the adapter_type of one to an adapter that has "
            "(`axon adapters` lists them)"
        )

    def target(self, name: str | None, importance: float) -> Tier:
        """Where an entry goes: to the tier of that name or, without one, by its importance."""
        return self.named(route(check_importance(importance), self._tiers) if name is None else name)

    def selected(self, names: str | Iterable[str] | None) -> list[Tier]:
        """The tiers of one name or several, each once, the shortest-lived first; all if there is none."""
        if names is None:
            self.check_open()
            return list(self._tiers.values())
        if not isinstance(names, str | Iterable):
            raise WrongType(f"tier must be a name or several, got {type(names).__name__}")
        selected = [self.named(name) for name in ([names] if isinstance(names, str) else names)]
        if not selected:
            raise InvalidInput("tier is an empty list; leave it out to ask all tiers")
        return [tier for tier in self._tiers.values() if tier in selected]
