"""What came of two calls at once, and in what it differs from what comes of them in turn."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, TypeGuard

from attrs import fields, frozen

from axon.core.entries import MemoryEntry
from axon.spi.query import Hit
from axon.testing.failure import Broken
from axon.testing.steps import Steps, described

_READS = 6
"""How many reads that differ are told at the most: the difference has all of them."""


@frozen
class Seen:
    """An entry without what differs from one run to the next."""

    id: str
    text: str
    tags: Sequence[str]
    user_id: str | None
    minutes: int | None
    """How long it lives from its creation; checks take much less than one."""

    def __repr__(self) -> str:
        others = [f"{name} {getattr(self, name)!r}" for name in ("tags", "user_id", "minutes") if getattr(self, name)]
        return f"<{' '.join([repr(self.id), repr(self.text), *others])}>"


Outcome = dict[str, Any]
"""What each call gave, by what it is called."""


class Outcomes:
    """What the calls of one run gave, each under a name of its own, and the steps that they took."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._lines: dict[str, range] = {}
        self.facts: Outcome = {}

    async def add(self, name: str, call: Awaitable[Any]) -> Any:
        """What ``call`` gives, which is noted as ``name``."""
        start = len(self._steps.lines)
        answer = await call
        self.facts[name] = seen(answer)
        self._lines[name] = range(start, len(self._steps.lines))
        return answer

    def in_turn(self, orders: dict[str, Outcome]) -> None:
        """Nothing if all is as one of ``orders`` has it; else the failure, told by what differs from each."""
        if self.facts in orders.values():
            return
        found = {order: _differences(self.facts, facts) for order, facts in orders.items()}
        self._leave_out_what_agrees({name for lines in found.values() for name, *_ in lines})
        came = dict.fromkeys(f"{what}: {came}" for lines in found.values() for _, what, came, _ in lines)
        wanted = {order: [f"{what}: {wanted}" for _, what, _, wanted in lines] for order, lines in found.items()}
        told = list(wanted.values())
        if all(lines == told[0] for lines in told):
            wanted = {"whichever comes first": told[0]}
        raise Broken(
            "\n".join(came),
            "\n".join("\n".join([f"{order}:", *(f"    {line}" for line in lines)]) for order, lines in wanted.items()),
        )

    def _leave_out_what_agrees(self, differing: set[str]) -> None:
        """Of the steps, those of reads that gave what was expected: the writes before them are to be seen."""
        lines = self._steps.lines
        reads = {number for numbers in self._lines.values() for number in numbers}
        shown = [number for name, numbers in self._lines.items() if name in differing for number in numbers][:_READS]
        left = len(reads) - len(shown)
        told = [line for number, line in enumerate(lines) if number not in reads]
        told += [f"{left} more reads"] if left else []
        self._steps.lines = told + [lines[number] for number in shown]


def seen(answer: Any) -> Any:
    """``answer`` without what differs from one run to the next."""
    if isinstance(answer, MemoryEntry):
        return Seen(answer.id, answer.text, sorted(answer.tags), answer.user_id, _minutes(answer))
    if isinstance(answer, Hit):
        return seen(answer.entry)
    if isinstance(answer, list | tuple):
        return [seen(each) for each in answer]
    return [seen(each) for each in answer.entries] if hasattr(answer, "entries") else answer


def _differences(came: Outcome, wanted: Outcome) -> list[tuple[str, str, str, str]]:
    """The name, what of it, what came and what was wanted."""
    return [(name, *line) for name, facts in came.items() for line in _between(name, facts, wanted[name])]


def _between(what: str, came: Any, wanted: Any) -> list[tuple[str, str, str]]:
    if came == wanted:
        return []
    if isinstance(came, Seen) and isinstance(wanted, Seen) and came.id == wanted.id:
        pairs = ((field.name, getattr(came, field.name), getattr(wanted, field.name)) for field in fields(Seen))
        return [
            (f"{what}, {name} of {came.id!r}", repr(one), repr(other)) for name, one, other in pairs if one != other
        ]
    if _are_entries(came) and _are_entries(wanted) and len(came) == len(wanted):
        return [line for one, other in zip(came, wanted, strict=True) for line in _between(what, one, other)]
    return [(what, described(came), described(wanted))]


def _are_entries(value: Any) -> TypeGuard[list[Seen]]:
    return isinstance(value, list) and all(isinstance(each, Seen) for each in value)


def _minutes(entry: MemoryEntry) -> int | None:
    return None if entry.expires_at is None else round((entry.expires_at - entry.created_at).total_seconds() / 60)
