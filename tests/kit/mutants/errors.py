"""What goes wrong where a store does not answer, and in what a plugin says of itself."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from axon.core.errors import StoreUnavailable
from axon.spi import Filter, Health, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.options import InMemoryOptions
from mutants.bases import Remote
from mutants.registration import mutant


@mutant("A read of a store that is gone gives None.", caught_by="errors_when_nobody_answers_are_raised_by_get")
class SwallowedRead(Remote):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        try:
            return await super().get(entry_id)
        except StoreUnavailable:
            return None


@mutant("A save to a store that is gone is passed over.", caught_by="errors_when_nobody_answers_are_raised_by_save")
class SwallowedSave(Remote):
    async def save(self, entry: MemoryEntry) -> None:
        try:
            await super().save(entry)
        except StoreUnavailable:
            return


@mutant("A count of a store that is gone is 0.", caught_by="errors_when_nobody_answers_are_raised_by_count")
class SwallowedCount(Remote):
    async def count(self, filter: Filter | None = None) -> int:
        try:
            return await super().count(filter)
        except StoreUnavailable:
            return 0


@mutant("The errors of the driver come through.", caught_by="errors_when_nobody_answers_are_raised_by_get")
class DriverErrors(Remote):
    def fail(self) -> Any:
        raise ConnectionRefusedError(111, "Connection refused")


@mutant("An error has no message.", caught_by="errors_when_nobody_answers_are_raised_by_get")
class WithoutAMessage(Remote):
    def fail(self) -> Any:
        raise StoreUnavailable("", sent=False)


@mutant("An error says that a command was sent that never was.", caught_by="errors_say_whether_it_may_have_run")
class SentAllTheSame(Remote):
    def fail(self) -> Any:
        raise StoreUnavailable("no connection", sent=True)


@mutant("`health` of a store that is gone raises.", caught_by="errors_are_told_by_health")
class HealthOfNobody(Remote):
    async def health(self) -> Health:
        self.connect()
        return await super().health()


@mutant('`health` of a store that is gone is "ok".', caught_by="errors_are_told_by_health")
class AlwaysOk(Remote):
    async def health(self) -> Health:
        return Health(status="ok", latency_ms=0.0)


@frozen(kw_only=True)
class TellingOptions(InMemoryOptions):
    """Shows a secret."""

    password: str = "secret"


@mutant("The repr of the options shows the password.", caught_by="packaging_shows_no_secret")
class ShowsThePassword(InMemoryAdapter):
    options = "mutants.errors:TellingOptions"

    def __init__(self, *, password: str = "", **options: Any) -> None:
        super().__init__(**options)


@frozen(kw_only=True)
class QuietOptions(InMemoryOptions):
    """Keep their secret to themselves."""

    access_token: str | None = field(default=None, repr=False)


@mutant("The repr of the adapter shows a token.", caught_by="packaging_shows_no_secret")
class ShowsTheToken(InMemoryAdapter):
    options = "mutants.errors:QuietOptions"

    def __init__(self, *, access_token: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.access_token = access_token

    def __repr__(self) -> str:
        return f"ShowsTheToken(access_token={self.access_token!r})"


@frozen(kw_only=True)
class KeyOptions(InMemoryOptions):
    """Show what has to be bytes."""

    signing_key: bytes = b""


@mutant("The repr of the options shows a key of bytes.", caught_by="packaging_shows_no_secret")
class ShowsTheKey(InMemoryAdapter):
    options = "mutants.errors:KeyOptions"

    def __init__(self, *, signing_key: bytes = b"", **options: Any) -> None:
        super().__init__(**options)


@frozen(kw_only=True)
class AddressOptions(InMemoryOptions):
    """Where the store is."""

    address: str = field(default="tcp://localhost:6379", repr=False)


@mutant("An error names the address with the password in it.", caught_by="packaging_shows_no_secret")
class TellsThePassword(Remote):
    options = "mutants.errors:AddressOptions"
    unreachable: ClassVar = {"address": "tcp://localhost:1"}

    def __init__(self, *, address: str, **options: Any) -> None:
        super().__init__(port=int(address.rpartition(":")[2]), **options)
        self.address = address

    def fail(self) -> Any:
        raise StoreUnavailable(f"cannot connect to {self.address}", sent=False)


@mutant("`health` names the address with the password in it.", caught_by="packaging_shows_no_secret")
class HealthTellsThePassword(TellsThePassword):
    def fail(self) -> Any:
        raise StoreUnavailable("cannot connect", sent=False)

    async def health(self) -> Health:
        found = await super().health()
        return found if found.status == "ok" else Health(status="down", latency_ms=0.0, detail=f"no {self.address}")


@frozen(kw_only=True)
class StrayOptions(InMemoryOptions):
    """Has a setting that the class does not take."""

    port: int = 0


@mutant("A setting is no parameter of the class.", caught_by="packaging_has_options_that_make_it")
class StraySetting(InMemoryAdapter):
    options = "mutants.errors:StrayOptions"


@frozen(kw_only=True)
class DemandingOptions(InMemoryOptions):
    """Has no default for a setting that the class has one for."""

    max_entries: int | None


@mutant("A setting has to be given that the class can do without.", caught_by="packaging_has_options_that_make_it")
class DemandsASetting(InMemoryAdapter):
    options = "mutants.errors:DemandingOptions"
    settings: ClassVar = {"max_entries": None}


@mutant("The spec has no summary.", caught_by="packaging_has_a_spec")
class NoSummary(InMemoryAdapter):
    summary = ""


@frozen(kw_only=True)
class TextOptions(InMemoryOptions):
    """Takes a number as text."""

    max_entries: str | None = None


@mutant("`max_entries` is text.", caught_by="packaging_declares_only_what_it_can_hold")
class LimitAsText(InMemoryAdapter):
    options = "mutants.errors:TextOptions"


@mutant(
    "Locks are declared, and `lock` is a context manager.",
    caught_by="capabilities_with_a_protocol_are_declared_and_there_locks",
)
class LockIsAContext(InMemoryAdapter):
    def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Any:
        return super().lock(name, ttl=ttl, wait=wait)


@mutant(
    "A query by a vector is answered in any order where vector_search is not declared.",
    caught_by="capabilities_of_vectors_are_declared_or_refused",
)
class AnyOrder(InMemoryAdapter):
    declares = ("ttl", "text_search")

    async def query(self, query: Any) -> Any:
        import attrs

        if query.vector is not None:
            query = attrs.evolve(query, vector=None, filter=query.filter or Filter())
        return await super().query(query)


@mutant("`shared` is declared, and every process has its own entries.", caught_by="sharing_is_between_adapters_too")
class NotShared(InMemoryAdapter):
    declares = ("ttl", "text_search", "vector_search", "shared")


@mutant("`ttl` is declared, and nothing expires.", caught_by="expiry_hides_from_get")
class NothingExpires(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._store.expire = self._store._clock


@mutant(
    "`vector_search` is declared, and what a vector finds is nothing.", caught_by="vectors_are_ranked_by_their_cosine"
)
class NoVectors(InMemoryAdapter):
    async def query(self, query: Any) -> Any:
        return (
            []
            if query.vector is not None and query.text is None and query.filter is None
            else await super().query(query)
        )
