"""What goes wrong with names of locks, counters, limits and values."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

import attrs

from axon.spi import Allowance, HeldLock, Lock
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.counters import Counters
from axon_inmemory.expiring import Expiring
from mutants.bases import Valued
from mutants.registration import mutant


@mutant("Names are composed (NFC).", caught_by="names_are_any_text_of_values")
class ComposedNames(Valued):
    def key(self, name: str) -> str:
        return unicodedata.normalize("NFC", name)


@mutant("Names of counters are cut to 255 characters.", caught_by="names_are_any_text_of_counters")
class CountersByShortNames(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name[:255], by, ttl=ttl)

    async def counter(self, name: str) -> int:
        return await super().counter(name[:255])


@mutant("Names of limits are stripped.", caught_by="names_are_any_text_of_limits")
class LimitsByBareNames(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        return await super().allow(name.strip() or name, limit=limit, per=per, weight=weight, exact=exact)

    async def used(self, name: str, *, per: float) -> int:
        return await super().used(name.strip() or name, per=per)


@mutant("Locks do not know case.", caught_by="names_are_any_text_of_locks")
class LowerLocks(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name.lower(), ttl=ttl, wait=wait)
        return attrs.evolve(lock, name=name)

    async def unlock(self, lock: Lock) -> bool:
        return await super().unlock(attrs.evolve(lock, name=lock.name.lower()))


class CommonCounters(InMemoryAdapter):
    """One table of counters for all namespaces, by a key of both names."""

    tables: ClassVar[dict[str, Counters]] = {}

    def key(self, name: str) -> str:
        return f"{len(self.namespace)}:{self.namespace}:{name}"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        own = f"{type(self).__name__}{id(self._store._clock)}"
        self._counters = self.tables.setdefault(own, self._counters)

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(self.key(name), by, ttl=ttl)

    async def counter(self, name: str) -> int:
        return await super().counter(self.key(name))

    async def reset(self, name: str) -> bool:
        return await super().reset(self.key(name))


@mutant(
    "The key of a counter is the namespace, a colon and the name.",
    caught_by="names_do_not_meet_in_a_joined_key_of_counters",
)
class JoinedCounters(CommonCounters):
    def key(self, name: str) -> str:
        return f"{self.namespace}:{name}"


@mutant("Counters are the same in all namespaces.", caught_by="names_belong_to_one_namespace_of_counters")
class OneNamespaceOfCounters(CommonCounters):
    def key(self, name: str) -> str:
        return name


@mutant("A counter is a value by the name of counter:NAME.", caught_by="names_do_not_meet_in_other_kinds_than_values")
class CountersAreValues(InMemoryAdapter):
    async def counter(self, name: str) -> int:
        kept: Expiring[bytes] = self._values
        if (value := kept.get(f"counter:{name}")) is not None:
            return int(value)
        return await super().counter(name)


@mutant("`locks` tells of one lock by the first letter of its name.", caught_by="names_are_any_text_of_locks")
class LocksByLetter(InMemoryAdapter):
    async def locks(self) -> list[HeldLock]:
        return sorted({held.name[0]: held for held in await super().locks()}.values(), key=lambda held: held.name)


@mutant("A lock forgets the counter lock:NAME.", caught_by="names_do_not_meet_in_other_kinds_than_counters")
class LocksForgetTheirKey(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        self._counters.remove(f"lock:{name}")
        return await super().lock(name, ttl=ttl, wait=wait)
