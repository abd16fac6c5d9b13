"""What goes wrong where a filter asks for metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from axon.spi import Filter, MemoryEntry
from mutants.bases import Selecting
from mutants.registration import mutant


class ByMetadata(Selecting):
    """Compares metadata in its own way."""

    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return Filter(metadata=wanted).admits_metadata(metadata)

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return attrs.evolve(filter, metadata={}).matches(entry) and self.holds(entry.metadata, filter.metadata)


@mutant("In metadata true is 1.", caught_by="filters_query_by_metadata_of_a_number")
class TrueIsOne(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        same = all(key in metadata and metadata[key] == value for key, value in wanted.items())
        return same or super().holds(metadata, wanted)


@mutant("Metadata is compared as text.", caught_by="filters_query_by_metadata_of_text")
class MetadataAsText(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        same = all(key in metadata and str(metadata[key]) == str(value) for key, value in wanted.items())
        return same or super().holds(metadata, wanted)


@mutant("One item of metadata is enough.", caught_by="filters_query_by_metadata_of_two_keys")
class AnyItem(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return not wanted or any(super(AnyItem, self).holds(metadata, {key: value}) for key, value in wanted.items())


@mutant(
    "An object inside metadata has to be the same as a whole.", caught_by="filters_query_by_metadata_inside_an_object"
)
class WholeObjects(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        same = all(metadata.get(key) == value for key, value in wanted.items() if isinstance(value, Mapping))
        return same and super().holds(metadata, wanted)


@mutant("A list in metadata admits a part of it (@>).", caught_by="filters_query_by_metadata_of_a_part_of_a_list")
class PartsOfLists(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        for key, value in wanted.items():
            if isinstance(value, list) and isinstance(metadata.get(key), list):
                if not all(one in metadata[key] for one in value):
                    return False
            elif not super().holds(metadata, {key: value}):
                return False
        return True


@mutant("A key that is missing counts as null.", caught_by="filters_query_by_metadata_of_nothing")
class MissingIsNull(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return super().holds({**dict.fromkeys(wanted), **metadata}, wanted)


@mutant("Metadata that is asked for with null is passed over.", caught_by="filters_query_by_metadata_of_nothing")
class NullIsNotAsked(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return super().holds(metadata, {key: value for key, value in wanted.items() if value is not None})


@mutant(
    "A dot in a key of metadata is a step into an object.", caught_by="filters_query_by_metadata_of_a_key_with_a_dot"
)
class DottedKeys(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        for key, value in wanted.items():
            found: Any = metadata
            for part in key.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
            if not super().holds({} if found is None else {"x": found}, {"x": value}):
                return False
        return True


@mutant("Text in metadata is compared without case.", caught_by="filters_query_by_metadata_of_text_in_its_case")
class MetadataWithoutCase(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return super().holds(_lower(metadata), _lower(wanted))


def _lower(items: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.lower() if isinstance(value, str) else value for key, value in items.items()}


@mutant("A value admits a list that holds it.", caught_by="filters_tell_apart_in_metadata_at_the_top")
class AnyOfTheList(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return all(
            super(AnyOfTheList, self).holds(metadata, {key: value})
            or (isinstance(metadata.get(key), list) and not isinstance(value, list | dict) and value in metadata[key])
            for key, value in wanted.items()
        )


@mutant(
    "Objects below the second level have to be the same as a whole.",
    caught_by="filters_by_metadata_of_any_kind",
)
class DeepObjectsWhole(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        for key, value in wanted.items():
            for inner, item in value.items() if isinstance(value, Mapping) else ():
                if isinstance(item, Mapping) and metadata.get(key, {}) and metadata[key].get(inner) != item:
                    return False
        return super().holds(metadata, wanted)


@mutant("{} asks for nothing.", caught_by="filters_tell_apart_in_metadata_in_an_object")
class EmptyObjectsPass(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return super().holds(metadata, _without_empty(wanted))


@mutant("Integers are compared as doubles.", caught_by="filters_tell_apart_in_metadata_deep_in_objects")
class ComparedAsDoubles(ByMetadata):
    def holds(self, metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        return super().holds(_doubles(metadata), _doubles(wanted))


@mutant("An entry that is named by its id is not asked for its metadata.", caught_by="filters_by_metadata_of_any_kind")
class IdIsEnough(ByMetadata):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        one = filter.ids is not None and len(filter.ids) == 1
        return super().matches(attrs.evolve(filter, metadata={}) if one else filter, entry)


def _without_empty(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: _without_empty(item) for key, item in value.items() if item != {} or not isinstance(item, Mapping)}


def _doubles(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    return float(value) if type(value) is int else value
