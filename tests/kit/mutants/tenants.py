"""What one tenant does to another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import attrs

from axon.spi import Filter, Hit, MemoryEntry, Page, Query
from axon_inmemory.words import WordIndex
from mutants.bases import Common
from mutants.registration import mutant


@mutant("`clear` deletes by the beginning of the namespace.", caught_by="tenants_are_told_apart_by_a_longer_name")
class ClearsByPrefix(Common):
    async def clear(self) -> int:
        self._store.expire()
        return sum(store.clear() for name, store in self.stores.items() if name.startswith(self.namespace))


@mutant("`clear` deletes by a glob of the namespace (SCAN MATCH).", caught_by="tenants_are_told_apart_by_a_star")
class ClearsByGlob(Common):
    async def clear(self) -> int:
        own = await super().clear()
        return own + sum(store.clear() for name, store in self.stores.items() if fnmatchcase(name, self.namespace))


@mutant("`clear` deletes with LIKE.", caught_by="tenants_are_told_apart_by_an_underscore")
class ClearsByLike(Common):
    async def clear(self) -> int:
        pattern = re.compile(re.escape(self.namespace).replace("%", ".*").replace("_", "."), re.DOTALL)
        return sum(store.clear() for name, store in self.stores.items() if pattern.fullmatch(name))


@mutant("`delete_where` is for all namespaces.", caught_by="tenants_are_untouched_by_delete_where_by_a_tag")
class DeletesEverywhere(Common):
    async def delete_where(self, filter: Filter) -> int:
        deleted = await super().delete_where(filter)
        for name, store in self.stores.items():
            if name[:12] == self.namespace[:12]:
                for entry_id in list(store.admitted(filter)):
                    store.remove(entry_id)
        return deleted


@mutant("A scan goes on into the namespaces that begin alike.", caught_by="tenants_are_told_apart_by_a_segment_more")
class ScansByPrefix(Common):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        others = [s for name, s in self.stores.items() if name.startswith(self.namespace) and s is not self._store]
        more = [entry for store in others for entry in store.entries.values()] if page.cursor is None else []
        return Page(entries=[*page.entries, *more], cursor=page.cursor)


@mutant("The index of tags is common to all namespaces.", caught_by="tenants_are_untouched_by_query")
class CommonTags(Common):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = list(await super().query(query))
        for name, store in self.stores.items():
            if store is not self._store and name[:12] == self.namespace[:12] and query.filter and query.filter.tags:
                hits += [Hit(entry, 0.0) for entry in store.admitted(query.filter).values()]
        return hits[: query.limit]


@mutant("`count` counts all namespaces (DBSIZE).", caught_by="tenants_are_untouched_by_count")
class CountsEverybody(Common):
    async def count(self, filter: Filter | None = None) -> int:
        if filter is not None:
            return await super().count(filter)
        self._store.expire()
        return sum(len(s.entries) for name, s in self.stores.items() if name[:12] == self.namespace[:12])


@mutant("Namespaces are compared without case.", caught_by="tenants_are_told_apart_by_another_case")
class NamespacesWithoutCase(Common):
    def key(self, namespace: str) -> str:
        return namespace.lower()


@mutant("Namespaces are brought to NFC.", caught_by="tenants_are_told_apart_by_another_normal_form")
class NamespacesComposed(Common):
    def key(self, namespace: str) -> str:
        return unicodedata.normalize("NFC", namespace)


@mutant("Signs that a table name cannot have become underscores.", caught_by="tenants_are_told_apart_by_a_dash")
class TableNames(Common):
    def key(self, namespace: str) -> str:
        return re.sub(r"\W", "_", namespace)


@mutant("Spaces around a namespace are taken off.", caught_by="tenants_are_told_apart_by_a_space")
class NamespacesStripped(Common):
    def key(self, namespace: str) -> str:
        return namespace.strip()


@mutant("Braces are taken off a namespace (hash tags).", caught_by="tenants_are_told_apart_by_braces")
class WithoutBraces(Common):
    def key(self, namespace: str) -> str:
        return namespace.replace("{", "").replace("}", "")


@mutant("A namespace is cut to 63 bytes (the name of a table).", caught_by="tenants_of_long_names_are_told_apart")
class CutNames(Common):
    def key(self, namespace: str) -> str:
        return namespace.encode()[:63].decode(errors="ignore")


@mutant(
    "Namespace and id are joined by a colon, so that a:b + c is a + b:c.",
    caught_by="tenants_do_not_meet_in_a_joined_key",
)
class JoinedKeys(Common):
    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        whole = f"{self.namespace}:{entry.id}"
        for name, store in self.stores.items():
            if store is not self._store and whole.startswith(f"{name}:"):
                store.remove(whole.removeprefix(f"{name}:"))


@mutant("A close empties what belongs to no open adapter.", caught_by="tenants_are_untouched_by_close")
class CloseSweeps(Common):
    async def close(self) -> None:
        for name, store in self.stores.items():
            if store is not self._store and name[:12] == self.namespace[:12]:
                store.clear()


@mutant("Counters and limits have no namespace in their keys.", caught_by="counters_are_the_namespaces_own")
class CommonCounters(Common):
    shared: dict[str, Any] = {}  # noqa: RUF012  # this is the fault

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._counters = self.shared.setdefault(self.namespace[:12], self._counters)


@mutant("Locks have no namespace in their keys.", caught_by="locks_are_the_namespaces_own")
class CommonLocks(Common):
    shared: dict[str, Any] = {}  # noqa: RUF012  # this is the fault

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._locks = self.shared.setdefault(self.namespace[:12], self._locks)


@mutant("Limits have no namespace in their keys.", caught_by="limits_are_the_namespaces_own")
class CommonLimits(Common):
    shared: dict[str, Any] = {}  # noqa: RUF012  # this is the fault

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._limits = self.shared.setdefault(self.namespace[:12], self._limits)


@mutant(
    "The nearest are chosen among those of all tenants, and others' left out then.",
    caught_by="tenants_do_not_take_each_others_place",
)
class NearestOfAll(Common):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.vector is None or query.text is not None or not hits:
            return hits
        others = [store.vectors for store in self.stores.values() if store is not self._store]
        same = [vectors for vectors in others if len(vectors._ids) and vectors._matrix.shape[1] == len(query.vector)]
        nearest = sorted((score for one in same for score in one.cosines(query.vector, None)._scores), reverse=True)
        return [hit for n, hit in enumerate(hits) if n + sum(score > hit.score for score in nearest) < query.limit]


@mutant("A word weighs by all tenants' entries.", caught_by="tenants_do_not_weigh_each_others_words")
class WeighsForAll(Common):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._store.words._frequency = lambda term: sum(
            WordIndex._frequency(store.words, term) for store in self.stores.values()
        )


@mutant(
    "`delete_where` by ids leaves out the namespace.",
    caught_by="tenants_with_the_same_entries_are_untouched_by_anything",
)
class DeletesIdsEverywhere(Common):
    async def delete_where(self, filter: Filter) -> int:
        for store in self.stores.values() if filter.ids is not None else ():
            if store is not self._store:
                for entry_id in list(store.admitted(filter)):
                    store.remove(entry_id)
        return await super().delete_where(filter)


@mutant(
    "`update` writes the tags of the entry of that id in every namespace.",
    caught_by="tenants_with_the_same_entries_are_untouched_by_anything",
)
class UpdatesEverywhere(Common):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        changed = await super().update(entry_id, **changes)
        for store in self.stores.values():
            old = store.entries.get(entry_id)
            if changed is not None and old is not None and old.tags and "tags" in changes:
                store.put(attrs.evolve(old, tags=changed.tags), store._clock())
        return changed
