"""Where a check works: the adapter in namespaces of its own, a clock, a folder, and the words for what came back."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy, tuples

from axon.core.capabilities import Capability
from axon.core.embeddings import as_embedding
from axon.core.entries import MemoryEntry
from axon.core.errors import ConfigError
from axon.core.filters import Filter
from axon.core.frozen import EMPTY
from axon.spi.adapter import iterate
from axon.spi.query import Hit, Page, Query
from axon.testing.blocking import BEGUN
from axon.testing.clock import Clock, RealClock, TurnedClock
from axon.testing.failure import Broken, Hung, NotApplicable, TooSlow
from axon.testing.shrinking import Shrinking
from axon.testing.steps import Recorder, Steps, described
from axon.testing.subject import NAMESPACE, Subject

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding

Result = TypeVar("Result")

PATIENCE_S = 60.0
"""How long one call may take before it is said to hang."""
_LITTLE_PATIENCE_S = 3.0
HUNG: set[str] = set()
"""The adapters that hung in this process: the rest of their checks is not to take hours."""
_AT_ONCE = 500
_ALL = 100_000
EXAMPLES = 20
"""How many examples a property is tried on at once."""
BATCHES = 6
"""How many times that, where no time has to be waited for."""
_NO_MATTER = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
"""What hypothesis would say of a store that is slow."""
BUDGET_S = 2.0
"""A slow store gets no more batches than begin within this time of the processor, which others cannot take."""


class _Counted(Steps):
    """Steps of which also those know who look out for a call that blocks."""

    def add(self, text: str) -> int:
        BEGUN.calls += 1
        return super().add(text)


class Bench:
    """One check's own: what it opens here is emptied and closed when the check is over."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.steps: Steps = _Counted()
        self.notes: list[str] = []
        """What the contract leaves open and the check has found out, in a sentence each."""
        self.clock: Clock = TurnedClock() if subject.takes_a_clock else RealClock()
        self._runner = asyncio.Runner()
        self._opened: list[Recorder] = []
        self._folder = tempfile.TemporaryDirectory(prefix="axon-conformance-", ignore_cleanup_errors=True)
        self._name = f"kit{uuid.uuid4().hex[:12]}"
        self._tenants = 0

    @property
    def folder(self) -> Path:
        """What ``{tmp_path}`` stands for."""
        return Path(self._folder.name)

    @property
    def namespace(self) -> str:
        """That of the adapters that are opened without one."""
        return self._name

    def has(self, capability: Capability) -> bool:
        """Whether the adapter declares ``capability``."""
        return capability in self.subject.capabilities

    def run(self, call: Coroutine[Any, Any, Result]) -> Result:
        """What ``call`` gives in this check's event loop."""
        return self._runner.run(call)

    def run_in_new_loop(self, call: Coroutine[Any, Any, Result]) -> Result:
        """What ``call`` gives in an event loop that is made for it and closed after it."""
        with asyncio.Runner() as runner:
            return runner.run(call)

    def open(
        self, namespace: str | None = None, settings: Mapping[str, Any] = EMPTY, *, called: str = "", **given: Any
    ) -> Any:
        """An adapter that writes down its calls, under the name ``called``; it is not opened before its first call.

        Adapters of one namespace share their entries if the adapter declares that it does. ``given`` are settings too.
        """
        chosen = {**settings, **given}
        if self.subject.knows(NAMESPACE):
            chosen[NAMESPACE] = self.namespace if namespace is None else namespace
        elif namespace is not None:
            raise NotApplicable(f"the adapter {self.subject.spec.name!r} has no setting 'namespace'")
        clock = self.clock if self.clock.is_turned else None
        try:
            adapter = self.subject.build(self.folder, chosen, clock=clock)
        except ConfigError as error:
            if chosen.keys() <= {NAMESPACE}:
                raise
            self.subject.check(self.folder, chosen)  # what its options cannot hold is its fault, not a choice
            raise NotApplicable(f"the adapter refuses this beside its other settings: {error}") from error
        recorder = Recorder(adapter, self.steps, f"{called}." if called else "", patience=self._patience)
        self._opened.append(recorder)
        return recorder

    @property
    def _patience(self) -> float:
        return _LITTLE_PATIENCE_S if self.subject.spec.name in HUNG else PATIENCE_S

    def fresh(self) -> None:
        """Begin an example anew: no steps, and another namespace."""
        self.steps.clear()
        self._tenants += 1
        self._name = f"{self._name.partition('-')[0]}-{self._tenants}"

    async def empty(self) -> Any:
        """An adapter without entries, for one example of many."""
        self.fresh()
        store = self.open()
        if not self.subject.knows(NAMESPACE):
            await store.clear()
        return store

    def for_all(
        self, example: Callable[..., Coroutine[Any, Any, None]], *strategies: SearchStrategy[Any], count: int = EXAMPLES
    ) -> None:
        """Run ``example`` with ``count`` values of the strategies; where one fails, the smallest that does is told."""
        shrinking = Shrinking(self.steps)

        def tried(values: Iterable[Any]) -> None:
            shrinking.begin()
            try:
                self.run(self._example(example, values))
            except Exception as error:
                shrinking.failed(error)
                raise

        with shrinking.limited():
            for number in self.batches(BATCHES):
                seed(number)(trying(count)(given(tuples(*strategies))(tried)))()

    def batches(self, most: int) -> Iterator[int]:
        """Numbers of batches of examples: one, and up to ``most`` while the store is quick and its clock is turned."""
        end = process_time() + BUDGET_S
        yield 0
        for number in range(1, most if self.clock.is_turned else 0):
            if process_time() > end:
                return
            yield number

    async def _example(self, example: Callable[..., Coroutine[Any, Any, None]], values: Iterable[Any]) -> None:
        before = len(self._opened)
        try:
            await example(*values)
        finally:
            while len(self._opened) > before:
                await _ended(self._opened.pop())

    def now(self) -> datetime:
        """The moment, by the clock that the adapter goes by."""
        return self.clock.now()

    async def pass_time(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self.steps.add(f"{seconds:g} s passed")
        await self.clock.wait_until(self.now() + timedelta(seconds=seconds), late=self.steps.longest)

    async def wait_until(self, moment: datetime) -> None:
        """Let it become ``moment``."""
        self.steps.add(f"waited until {moment:%H:%M:%S.%f}")
        await self.clock.wait_until(moment, late=self.steps.longest)

    def still_before(self, moment: datetime | None) -> None:
        """Nothing if it is before ``moment``; else what came back proves nothing, and the check begins anew."""
        if moment is not None and self.now() >= moment:
            raise TooSlow

    def width(self, numbers: int) -> int:
        """How long a vector of so many ``numbers`` is here, filled up where the store takes but one dimension."""
        return max(numbers, self.subject.dimension or 0)

    def vector(self, numbers: Sequence[float]) -> Embedding:
        """A vector of these numbers, with zeros after them where the store takes but one dimension."""
        return as_embedding([*numbers, *[0.0] * (self.width(len(numbers)) - len(numbers))])

    def entry(self, id: str = "a", text: str = "red fox", *, lives: float | None = None, **values: Any) -> MemoryEntry:
        """An entry that was created now and ``lives`` for so many seconds.

        It has an ``embedding`` only where the adapter declares that it searches by vectors.
        """
        vector = values.pop("embedding", None)
        if vector is not None and self.has(Capability.VECTOR_SEARCH):
            values["embedding"] = self.vector(vector)
        return self.whole_entry(id, text, lives=lives, **values)

    def whole_entry(
        self, id: str = "a", text: str = "red fox", *, lives: float | None = None, **values: Any
    ) -> MemoryEntry:
        """An entry as :meth:`entry` makes it, with its ``embedding`` whatever is declared."""
        now = self.now()
        if lives is not None:
            values["expires_at"] = now + timedelta(seconds=lives)
        if values.get("embedding") is not None:
            values["embedding"] = self.vector(values["embedding"])
        return MemoryEntry(**{"id": id, "text": text, "created_at": now, **values})

    def equal(self, came_back: Any, expected: Any, what: str = "") -> None:
        """Nothing if both are equal; else the failure that says what came back and what was expected."""
        if came_back != expected:
            told = difference(came_back, expected)
            raise Broken(f"{what}: {told}" if what else told, described(expected))

    def true(self, holds: object, came_back: str, wanted: str) -> None:
        """Nothing if ``holds``; else the failure in these words."""
        if not holds:
            raise Broken(came_back, wanted)

    async def refuses(self, call: Coroutine[Any, Any, Any], *errors: type[Exception]) -> Exception:
        """The error that ``call`` raised, one of ``errors``; another one, or none, is a failure."""
        names = " or ".join(error.__name__ for error in errors)
        try:
            answer = await call
        except errors as error:
            return error
        except Exception as error:
            raise Broken(f"{type(error).__name__}: {error}", names) from error
        raise Broken(described(answer), names)

    async def save_all(self, store: Any, entries: Sequence[MemoryEntry]) -> None:
        """Save many entries, some at once: a store may be slow, and its batches no quicker than single calls."""
        for start in range(0, len(entries), _AT_ONCE):
            await store.save_many(entries[start : start + _AT_ONCE])

    async def ids(self, store: Any, **query: Any) -> list[str]:
        """The ids of the hits of a query, the best first."""
        hits = await store.query(Query(**query))
        for hit in hits:
            self.true(isinstance(hit, Hit), f"query gave a {type(hit).__name__}", "a sequence of axon.spi.Hit")
        return [hit.entry.id for hit in hits]

    async def scanned(self, store: Any, *, limit: int = 100) -> dict[str, MemoryEntry]:
        """What a whole scan gives, by id."""
        found: dict[str, MemoryEntry] = {}
        cursor: str | None = None
        for _ in range(10_000):
            page = await store.scan(cursor, limit=limit)
            self.true(isinstance(page, Page), f"scan gave a {type(page).__name__}", "an axon.spi.Page")
            found.update((entry.id, entry) for entry in page.entries)
            if (cursor := page.cursor) is None:
                return found
            self.true(isinstance(cursor, str), f"a cursor of {type(cursor).__name__}", "text, or None")
        raise Broken(f"a cursor after each of 10,000 pages, the last one {cursor!r}", "None after the last page")

    async def found(self, store: Any, **query: Any) -> set[str]:
        """The ids of all hits of a query, however many."""
        return set(await self.ids(store, limit=_ALL, **query))

    async def nowhere(self, store: Any, entry: MemoryEntry) -> None:
        """Nothing if no verb that reads knows ``entry``."""
        self.equal(await store.get(entry.id), None, "get")
        self.equal(await store.get_many([entry.id]), [None], "get_many")
        self.equal(entry.id in await self.scanned(store), False, "whether a scan finds it")
        self.equal(await store.count(Filter(ids=[entry.id])), 0, "count by its id")
        for where in filters_of(entry):
            self.equal(entry.id in await self.found(store, filter=where), False, f"whether {described(where)} finds it")
        if self.has(Capability.TEXT_SEARCH):
            self.equal(entry.id in await self.found(store, text=entry.text), False, "whether its words find it")
        if self.has(Capability.VECTOR_SEARCH) and entry.embedding is not None:
            self.equal(
                entry.id in await self.found(store, vector=entry.embedding), False, "whether its vector finds it"
            )

    async def everywhere(self, store: Any, entry: MemoryEntry) -> None:
        """Nothing if every verb that reads gives ``entry``."""
        self.equal(await store.get(entry.id), entry, "get")
        self.equal(await store.get_many([entry.id]), [entry], "get_many")
        self.equal((await self.scanned(store)).get(entry.id), entry, "what a scan gives")
        for where in filters_of(entry):
            self.equal(entry.id in await self.found(store, filter=where), True, f"whether {described(where)} finds it")
            self.equal(await store.count(where) > 0, True, f"whether {described(where)} counts it")
        if self.has(Capability.TEXT_SEARCH):
            self.equal(entry.id in await self.found(store, text=entry.text), True, "whether its words find it")
        if self.has(Capability.VECTOR_SEARCH) and entry.embedding is not None:
            self.equal(entry.id in await self.found(store, vector=entry.embedding), True, "whether its vector finds it")

    def close(self) -> None:
        """Empty and close what was opened; :class:`Hung` where that does not end."""
        try:
            verbs = [self._runner.run(_ended(recorder, self._patience)) for recorder in reversed(self._opened)]
        finally:
            self._runner.close()
            self._folder.cleanup()
        for verb in filter(None, verbs):
            raise Hung(f"no answer to {verb}(), when the check was over and was to leave nothing behind", "an answer")


async def _ended(recorder: Recorder, patience: float = PATIENCE_S) -> str:
    """Leave nothing behind; which verb did not end. What else an adapter cannot do here, a check of its own finds."""
    hung = ""
    for end in (recorder.adapter.clear, recorder.adapter.close):
        limit = asyncio.timeout(patience)
        with suppress(Exception):  # a store that is gone, or a fault that a check has found already
            async with limit:
                await end()
        if limit.expired():
            hung = end.__name__
    return hung


def trying(examples: int, **given: Any) -> settings:
    """Settings of hypothesis: the same examples every time, kept nowhere, and one failure, made small."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=_NO_MATTER,
        phases=[Phase.generate, Phase.shrink],
        **given,
    )


def filters_of(entry: MemoryEntry) -> list[Filter]:
    """Filters that admit ``entry``, each by one of its fields."""
    found = [Filter(), Filter(ids=[entry.id]), *(Filter(tags=[tag]) for tag in sorted(entry.tags))]
    if entry.user_id is not None:
        found.append(Filter(user_id=entry.user_id))
    if entry.session_id is not None:
        found.append(Filter(session_id=entry.session_id))
    if entry.metadata:
        found.append(Filter(metadata=entry.metadata))
    return found


def difference(came_back: Any, expected: Any) -> str:
    """``came_back`` for a message; of two entries, only the fields that differ."""
    if isinstance(came_back, MemoryEntry) and isinstance(expected, MemoryEntry) and came_back.id == expected.id:
        names = ("text", "tags", "user_id", "session_id", "importance", "metadata", "created_at", "expires_at")
        pairs = ((name, getattr(came_back, name), getattr(expected, name)) for name in (*names, "ttl", "embedding"))
        told = [f"{name} {described(was)} instead of {described(other)}" for name, was, other in pairs if was != other]
        if type(came_back) is not type(expected):
            told.append(f"a {type(came_back).__name__}")
        return f"the entry {came_back.id!r} with {'; '.join(told)}" if told else described(came_back)
    return described(came_back)


async def everything(store: Any) -> dict[str, MemoryEntry]:
    """All entries by id."""
    return {entry.id: entry async for entry in iterate(store)}
