"""What a check did to an adapter, call by call, for the message of a failure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from time import perf_counter
from typing import Any

import attrs

from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.query import Hit, Page, Query
from axon.testing.failure import Hung

_SHOWN = 14
_LAST = 6
"""How many of the last steps are told whatever they are."""
_READ = re.compile(r"(?:[^ (]*\.)?(?:get|get_many|query|count|scan|counter|used|values|locks|health)\(")
_LONGEST = 160
_MANY = 6


class Steps:
    """The calls of one check in order, the last ones of which are told."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.longest = 0.0
        """How many seconds the longest call took."""
        self.verb = ""
        """The method that was called last."""

    @property
    def lines(self) -> list[str]:
        """A copy of what is told."""
        return list(self._lines)

    @lines.setter
    def lines(self, lines: list[str]) -> None:
        self._lines = list(lines)

    def add(self, text: str) -> int:
        """Tell one more; its number, for what came back of it."""
        self._lines.append(text)
        return len(self._lines) - 1

    def answered(self, number: int, answer: str) -> None:
        """Say what came back of a step."""
        if number < len(self._lines):  # else it is one of an example before
            self._lines[number] += f" -> {answer}"

    def clear(self) -> None:
        """Begin anew: what was done before has nothing to do with what comes."""
        self._lines.clear()

    def told(self) -> list[str]:
        """The last steps, numbered; where there are too many, the oldest reads are left out first."""
        told: list[str] = []
        left = self._left_out()
        gap = 0
        for number, line in enumerate([*self._lines, ""]):
            if number in left:
                gap += 1
                continue
            if gap:
                told.append(f"... {gap} step{'s' if gap > 1 else ''} {'between' if told else 'before'}")
                gap = 0
            told += [f"{number + 1}. {line}"] if line else []
        return told

    def _left_out(self) -> set[int]:
        """The numbers of the steps that are not told."""
        older = range(max(0, len(self._lines) - _LAST))
        reads = [number for number in older if _READ.match(self._lines[number])]
        others = [number for number in older if not _READ.match(self._lines[number])]
        return set([*reads, *others][: max(0, len(self._lines) - _SHOWN)])


class Recorder:
    """An adapter whose calls are written down, and are broken off after ``patience`` seconds.

    Every attribute is the adapter's own.
    """

    def __init__(self, adapter: Any, steps: Steps, name: str = "", *, patience: float) -> None:
        self.adapter = adapter
        self._patience = patience
        self._steps = steps
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.adapter, name)
        if not callable(value) or name.startswith("_"):
            return value
        verb: Callable[..., Any] = value

        async def call(*arguments: Any, **named: Any) -> Any:
            given = [described(value) for value in arguments] + [f"{k}={described(v)}" for k, v in named.items()]
            step = self._steps.add(f"{self._name}{name}({', '.join(given)})")
            self._steps.verb = name
            start = perf_counter()
            limit = asyncio.timeout(self._patience)
            try:
                async with limit:
                    answer = await verb(*arguments, **named)
            except BaseException as error:
                if isinstance(error, TimeoutError) and limit.expired():
                    self._steps.answered(step, "no answer")
                    raise Hung(f"no answer within {self._patience:g} s", "an answer, or an error") from None
                self._steps.answered(step, f"raised {type(error).__name__}: {cut(str(error))}")
                raise
            finally:
                self._steps.longest = max(self._steps.longest, perf_counter() - start)
            self._steps.answered(step, described(answer))
            return answer

        return call


def described(value: Any) -> str:  # noqa: PLR0911  # a kind of value each
    """``value`` in a few words: an entry by its id and what is not a default."""
    if isinstance(value, MemoryEntry):
        return _entry(value)
    if isinstance(value, Hit):
        return f"{_entry(value.entry)} scored {value.score!r}"
    if isinstance(value, Page):
        return f"{described(value.entries)}, cursor {cut(repr(value.cursor))}"
    if isinstance(value, Query | Filter):
        fields = {a.name: getattr(value, a.name) for a in attrs.fields(type(value)) if a.init}
        defaults = {a.name: a.default for a in attrs.fields(type(value))}
        given = [f"{k}={described(v)}" for k, v in fields.items() if v is not None and v != defaults[k]]
        return f"{type(value).__name__}({', '.join(given)})"
    if isinstance(value, str | bytes):
        return cut(repr(value))
    if isinstance(value, Sequence) and not isinstance(value, memoryview):
        shown = [described(one) for one in islice(value, _MANY)]
        more = [f"... {len(value) - _MANY} more"] if len(value) > _MANY else []
        return f"[{', '.join(shown + more)}]"
    if isinstance(value, memoryview):
        return f"{cut(str(value[:_MANY].tolist()))} ({len(value)} numbers)"
    return cut(repr(value))


def _entry(entry: MemoryEntry) -> str:
    parts = [cut(repr(entry.id)), cut(repr(entry.text), 40)]
    if entry.tags:
        parts.append(f"tags {cut(repr(sorted(entry.tags)), 60)}")
    parts += [f"{name} {getattr(entry, name)!r}" for name in ("user_id", "session_id") if getattr(entry, name)]
    if entry.metadata:
        parts.append(f"metadata {cut(repr(entry.metadata), 60)}")
    if entry.expires_at is not None:
        parts.append(f"expires {_moment(entry.expires_at)}")
    if entry.embedding is not None:
        parts.append(f"vector {described(entry.embedding)}")
    return f"<{' '.join(parts)}>"


def _moment(moment: datetime) -> str:
    return f"{moment:%H:%M:%S.%f}"


def cut(text: str, longest: int = _LONGEST) -> str:
    """``text``, shortened in the middle where it is too long to read."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]}...{text[-longest // 3 :]} ({len(text):,} characters)"
