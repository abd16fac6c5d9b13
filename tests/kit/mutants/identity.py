"""What goes wrong where an id becomes a key."""

from __future__ import annotations

import re
import unicodedata
from fnmatch import fnmatchcase
from posixpath import normpath

from axon.spi import MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Keyed
from mutants.registration import mutant


@mutant(
    "Ids are compared by a collation that knows no case.", caught_by="identity_of_ids_is_told_apart_by_another_case"
)
class NoCase(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.lower()


@mutant("Ids are case-folded: ß is ss.", caught_by="identity_of_ids_is_told_apart_by_sharp_s")
class Folded(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.casefold()


@mutant("Ids are brought to NFC.", caught_by="identity_of_ids_is_told_apart_by_another_normal_form")
class Composed(Keyed):
    def key(self, entry_id: str) -> str:
        return unicodedata.normalize("NFC", entry_id)


@mutant("Ids are brought to NFKC.", caught_by="identity_of_ids_is_told_apart_by_another_width")
class Compatible(Keyed):
    def key(self, entry_id: str) -> str:
        return unicodedata.normalize("NFKC", entry_id)


@mutant("Spaces around an id are taken off.", caught_by="identity_of_ids_is_told_apart_by_a_space_before")
class Stripped(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.strip()


@mutant(
    "Spaces at the end of an id do not count (CHAR, PAD SPACE).",
    caught_by="identity_of_ids_is_told_apart_by_a_space_at_the_end",
)
class Padded(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.rstrip(" ")


@mutant("A line break at the end of an id is lost.", caught_by="identity_of_ids_is_told_apart_by_a_line_break")
class LineRead(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.rstrip("\n")


@mutant(
    "Ids are cut to 255 characters (VARCHAR(255)).",
    caught_by="identity_of_ids_is_told_apart_by_the_last_of_many_characters",
)
class CutTo255(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id[:255]


@mutant("Ids are cut to 2000 bytes.", caught_by="sizes_of_long_names")
class CutTo2000Bytes(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.encode()[:2000].decode(errors="ignore")


@mutant(
    "Ids that look like a UUID are kept as one.", caught_by="identity_of_ids_is_told_apart_by_a_uuid_without_dashes"
)
class UuidColumn(Keyed):
    def key(self, entry_id: str) -> str:
        bare = entry_id.replace("-", "").lower()
        return bare if re.fullmatch(r"[0-9a-f]{32}", bare) else entry_id


@mutant("Ids that look like a number are kept as one.", caught_by="identity_of_ids_is_told_apart_by_leading_zeros")
class NumericAffinity(Keyed):
    def key(self, entry_id: str) -> str:
        try:
            return repr(float(entry_id))
        except ValueError:
            return entry_id


@mutant("Ids become paths of files.", caught_by="identity_of_ids_is_told_apart_by_a_path")
class Paths(Keyed):
    def key(self, entry_id: str) -> str:
        return normpath("/" + entry_id)


@mutant("Accents do not count (a collation of the kind ai).", caught_by="identity_of_ids_is_told_apart_by_an_accent")
class NoAccents(Keyed):
    def key(self, entry_id: str) -> str:
        return "".join(sign for sign in unicodedata.normalize("NFD", entry_id) if not unicodedata.combining(sign))


@mutant("Signs that are no letters become underscores in a key.", caught_by="identity_of_awkward_ids")
class Sanitised(Keyed):
    def key(self, entry_id: str) -> str:
        return re.sub(r"[^\w.-]", "_", entry_id)


@mutant("Invisible characters are taken out of ids.", caught_by="identity_of_ids_is_told_apart_by_a_zero_width_joiner")
class NothingInvisible(Keyed):
    def key(self, entry_id: str) -> str:
        return "".join(sign for sign in entry_id if unicodedata.category(sign) != "Cf")


@mutant("What a key holds of an id is what ASCII has.", caught_by="identity_of_awkward_ids")
class AsciiKeys(Keyed):
    def key(self, entry_id: str) -> str:
        return entry_id.encode("ascii", "replace").decode()


@mutant("An id is deleted as a glob pattern.", caught_by="identity_of_ids_is_told_apart_by_a_star_at_the_end")
class DeletedByGlob(InMemoryAdapter):
    async def delete(self, entry_id: str) -> bool:
        self._store.expire()
        return sum([self._store.remove(name) for name in list(self._store.entries) if fnmatchcase(name, entry_id)]) > 0


@mutant("An id is looked up with LIKE.", caught_by="identity_of_ids_is_told_apart_by_an_underscore")
class GotByLike(InMemoryAdapter):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        self._store.expire()
        pattern = re.escape(entry_id).replace("%", ".*").replace("_", ".")
        names = [name for name in self._store.entries if re.fullmatch(pattern, name, re.DOTALL)]
        return self._read(self._store.entries[names[0]]) if names else None
