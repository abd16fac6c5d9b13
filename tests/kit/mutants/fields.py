"""What is lost of an entry on its way to the store."""

from __future__ import annotations

import json
import struct
import unicodedata
from datetime import UTC, datetime
from typing import Any

import attrs

from axon.spi import MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Encoding(InMemoryAdapter):
    """Loses something on the way to the store."""

    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return entry

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(self.encoded(entry))

    async def save_many(self, entries: Any) -> None:
        await super().save_many([self.encoded(entry) for entry in entries])


@mutant("Moments are kept in milliseconds.", caught_by="fields_come_back_created_to_the_microsecond")
class Milliseconds(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        created = entry.created_at
        return attrs.evolve(entry, created_at=created.replace(microsecond=created.microsecond // 1000 * 1000))


@mutant("Moments before 1970 become 1970.", caught_by="fields_come_back_created_before_1970")
class SinceTheEpoch(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, created_at=max(entry.created_at, datetime(1970, 1, 1, tzinfo=UTC)))


@mutant("Ends after 2038 do not fit (32 bits).", caught_by="fields_come_back_end_in_the_year_9999")
class ThirtyTwoBits(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        far = datetime(2106, 2, 7, tzinfo=UTC)
        return entry if entry.expires_at is None else attrs.evolve(entry, expires_at=min(entry.expires_at, far))


@mutant("Importance is kept in single precision.", caught_by="fields_come_back_importance_to_the_last_bit")
class SinglePrecision(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, importance=struct.unpack("f", struct.pack("f", entry.importance))[0])


@mutant("An importance of 0 becomes the default.", caught_by="fields_come_back_importance_of_zero")
class ZeroIsDefault(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, importance=entry.importance or 0.5)


@mutant("Text is brought to NFC.", caught_by="fields_come_back_text_of_letters_and_marks")
class ComposedText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=unicodedata.normalize("NFC", entry.text))


@mutant("Hangul in letters becomes syllables.", caught_by="fields_come_back_text_of_letters_and_marks")
class ComposedHangul(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        composed = unicodedata.normalize("NFC", "\u1112\u1161\u11ab")
        return attrs.evolve(entry, text=entry.text.replace("\u1112\u1161\u11ab", composed))


@mutant("An update brings text to NFC.", caught_by="fields_of_any_entry_come_back_after_an_update")
class ComposedByUpdates(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if "text" in changes:
            changes["text"] = unicodedata.normalize("NFC", changes["text"])
        return await super().update(entry_id, **changes)


@mutant("Joiners are taken out of a text.", caught_by="fields_come_back_text_in_many_scripts")
class NoJoiners(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.replace("\u200d", ""))


@mutant(
    "Creations lose their zone, and are read as local time.",
    caught_by="fields_come_back_where_local_time_is_not_utc_in_winter",
)
class CreatedInLocalTime(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        created = entry.created_at
        if not 1 < created.year < 9999:
            return entry
        return attrs.evolve(entry, created_at=created.replace(tzinfo=None).astimezone(UTC))


@mutant(
    "Moments are kept in local time, without what tells the hour that comes twice from itself.",
    caught_by="fields_come_back_where_local_time_is_not_utc_in_the_hour_that_comes_again",
)
class LocalTimeWithoutFold(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        end = entry.expires_at
        if end is None or end.year == 9999:
            return entry
        return attrs.evolve(entry, expires_at=end.astimezone().replace(tzinfo=None, fold=0).astimezone(UTC))


@mutant("Line breaks become \\n.", caught_by="fields_come_back_text_with_quotes_and_newlines")
class LineBreaks(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.replace("\r\n", "\n"))


@mutant("Spaces around a text are taken off.", caught_by="fields_come_back_text_with_spaces_around_it")
class StrippedText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.strip())


@mutant("A byte order mark is taken off a text.", caught_by="fields_come_back_text_with_a_byte_order_mark")
class NoByteOrderMark(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.lstrip("\ufeff"))


@mutant("A NUL is taken out of a text.", caught_by="fields_with_a_nul_come_back_or_are_refused")
class NoNul(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.replace("\0", ""))


@mutant("A carriage return is taken out of metadata.", caught_by="fields_come_back_metadata_with_awkward_text")
class NoCarriageReturn(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        values = {
            key: value.replace("\r", "") if isinstance(value, str) else value for key, value in entry.metadata.items()
        }
        return attrs.evolve(entry, metadata=values)


@mutant("Numbers in metadata are floats.", caught_by="fields_come_back_metadata")
class FloatsOnly(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, metadata=json.loads(json.dumps(_plain(entry.metadata)), parse_int=float))


@mutant("True in metadata becomes 1.", caught_by="fields_come_back_metadata_that_tells_true_from_one")
class TrueBecomesOne(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        values = {key: int(value) if isinstance(value, bool) else value for key, value in entry.metadata.items()}
        return attrs.evolve(entry, metadata=values)


@mutant("Empty values in metadata are left out.", caught_by="fields_come_back_metadata")
class NothingEmpty(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(
            entry, metadata={key: value for key, value in entry.metadata.items() if value not in ("", None, {})}
        )


@mutant("The entry's own TTL is not kept.", caught_by="fields_come_back_own_ttl")
class NoOwnTtl(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, ttl=None)


@mutant('No user becomes the user "None".', caught_by="contract_get_gives_what_was_saved")
class UserNone(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, user_id=str(entry.user_id))


@mutant("Of the tags of an entry 64 are kept.", caught_by="sizes_of_many_tags")
class FewTags(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, tags=sorted(entry.tags)[:64])


@mutant("Texts are cut to 65535 bytes (TEXT).", caught_by="sizes_of_text_of_a_megabyte")
class CutText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.encode()[:65535].decode(errors="ignore"))


@mutant("`created_at` is the moment of the save.", caught_by="fields_come_back_created_before_1970")
class CreatedWhenSaved(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, created_at=datetime.fromtimestamp(self._store._clock(), UTC))


def _plain(value: Any) -> Any:
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@mutant("An entry keeps 1,000 tags.", caught_by="sizes_of_many_tags")
class AThousandTags(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        await super().save(attrs.evolve(entry, tags=sorted(entry.tags)[:1000]))


def _leaves(value: Any, changed: Any) -> Any:
    if isinstance(value, dict):
        return {key: _leaves(item, changed) for key, item in value.items()}
    return [_leaves(item, changed) for item in value] if isinstance(value, list) else changed(value)


@mutant("An end far away loses microseconds in a double.", caught_by="fields_come_back_end_to_the_microsecond_far_away")
class EndsAsDoubles(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        end = entry.expires_at
        if end is None or end.year == 9999:
            return entry
        return attrs.evolve(entry, expires_at=datetime.fromtimestamp(end.timestamp(), UTC))


@mutant("Integers from 2**63 on in metadata become floats.", caught_by="fields_come_back_metadata_of_large_integers")
class SignedIntegers(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        metadata = _leaves(entry.metadata, lambda leaf: float(leaf) if type(leaf) is int and leaf >= 2**63 else leaf)
        return attrs.evolve(entry, metadata=metadata)


@mutant("-0.0 in metadata is 0.", caught_by="fields_come_back_metadata_of_floats_to_the_last_bit")
class NoSignOfZero(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        metadata = _leaves(entry.metadata, lambda leaf: 0.0 if type(leaf) is float and leaf == 0.0 else leaf)
        return attrs.evolve(entry, metadata=metadata)


@mutant("Whole floats in metadata come back as integers.", caught_by="fields_of_any_entry_come_back_after_an_update")
class WholeFloatsAreIntegers(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if "metadata" in changes:
            changes["metadata"] = _leaves(changes["metadata"], lambda x: int(x) if x == 1.0 and type(x) is float else x)
        return await super().update(entry_id, **changes)


@mutant(
    "Empty lists and objects inside of metadata are left out.",
    caught_by="fields_come_back_metadata_of_nothing_inside",
)
class EmptyIsNothing(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        metadata = {key: value for key, value in entry.metadata.items() if value not in ([], {})}
        return attrs.evolve(entry, metadata=metadata)
