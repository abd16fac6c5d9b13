"""All checks on one adapter without a test runner, and what they say by topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Literal

from attrs import frozen

from axon.core.capabilities import Capability
from axon.testing.check import Check
from axon.testing.examination import examine
from axon.testing.failure import ContractBroken, NotApplicable, NotDeclared
from axon.testing.subject import Subject

EVERY_ADAPTER = "every adapter"
"""In the place of a capability: what holds for all."""
Outcome = Literal["passed", "failed", "skipped"]


@frozen(kw_only=True)
class Result:
    """What became of one check."""

    check: Check
    outcome: Outcome
    message: str = ""
    """How it failed, or why it was skipped."""
    fault: str = ""
    """The error and its place, if it failed: the same for all checks that find the same."""
    notes: Sequence[str] = ()
    """What the contract leaves open, and which way the adapter has it."""
    undeclared: Capability | None = None
    """What the adapter does without declaring it."""
    seconds: float = 0.0


@frozen(kw_only=True)
class Report:
    """What became of all checks, in order."""

    adapter: str
    results: Sequence[Result]

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.of("failed")

    def of(self, outcome: Outcome) -> list[Result]:
        """The results of one kind."""
        return [result for result in self.results if result.outcome == outcome]

    def topics(self) -> Mapping[str, list[Result]]:
        """Each topic with its results."""
        topics: dict[str, list[Result]] = {}
        for result in self.results:
            topics.setdefault(result.check.topic, []).append(result)
        return topics

    def capabilities(self) -> Mapping[str, list[Result]]:
        """What every adapter has to do, and each capability, with the results that are about it."""
        capabilities: dict[str, list[Result]] = {EVERY_ADAPTER: [], **{name: [] for name in Capability}}
        for result in self.results:
            for name in result.check.requires or (EVERY_ADAPTER,):
                capabilities[name].append(result)
            if result.undeclared is not None:
                capabilities[result.undeclared].append(result)
        return {name: results for name, results in capabilities.items() if results}

    def reasons(self) -> Mapping[str, int]:
        """Why checks were skipped, and how many for each reason."""
        return Counter(result.message for result in self.of("skipped"))

    def undeclared(self) -> list[Capability]:
        """What the adapter does without declaring it."""
        return [result.undeclared for result in self.results if result.undeclared is not None]

    def faults(self) -> Mapping[str, list[Result]]:
        """What failed by the error and its place, in the order in which each was found."""
        faults: dict[str, list[Result]] = {}
        for result in self.of("failed"):
            faults.setdefault(result.fault or result.message, []).append(result)
        return faults

    def notes(self) -> Mapping[str, list[str]]:
        """What was noted, and by which checks."""
        notes: dict[str, list[str]] = {}
        for result in self.results:
            for note in result.notes:
                notes.setdefault(note, []).append(result.check.name)
        return notes


@frozen(kw_only=True)
class Verdict:
    """What became of the checks on one topic or capability."""

    passed: int
    failed: int
    skipped: int
    advice: Sequence[str]
    """What to look at, for what failed, and what to declare, each once."""
    sentence: str
    """All of it in one line."""

    @property
    def status(self) -> Outcome:
        """``skipped`` where none was asked."""
        return "failed" if self.failed else "passed" if self.passed else "skipped"


def report(subject: Subject, checks: Iterable[Check], *, seen: Callable[[Result], object]) -> Report:
    """Run ``checks`` on ``subject``; ``seen`` is called with each result."""
    results = []
    for check in checks:
        result = _result(check, subject)
        results.append(result)
        seen(result)
    return Report(adapter=subject.spec.name, results=results)


def verdict(results: Sequence[Result]) -> Verdict:
    """What ``results`` come to."""
    counts = Counter[str](result.outcome for result in results)
    advice = [result.check.advice for result in results if result.outcome == "failed"]
    advice += [result.message for result in results if result.undeclared is not None]
    return Verdict(
        passed=counts["passed"],
        failed=counts["failed"],
        skipped=counts["skipped"],
        advice=list(dict.fromkeys(advice)),
        sentence=_sentence(results, counts),
    )


def _sentence(results: Sequence[Result], counts: Mapping[str, int]) -> str:
    undeclared = [result.message for result in results if result.undeclared is not None]
    if counts["failed"]:
        told = f"{counts['failed']} of {len(results)} broken"
    elif counts["passed"]:
        told = f"kept, {counts['passed']} check{'s' if counts['passed'] > 1 else ''}"
        told += f", {counts['skipped']} skipped" if counts["skipped"] else ""
    elif undeclared:
        return undeclared[0]
    else:
        return f"not asked: {Counter(result.message for result in results).most_common(1)[0][0]}"
    return f"{told}, {len(undeclared)} done but not declared" if undeclared else told


def _result(check: Check, subject: Subject) -> Result:
    start = perf_counter()
    outcome: Outcome = "passed"
    message = fault = ""
    notes: Sequence[str] = ()
    undeclared = None
    try:
        notes = examine(check, subject)
    except NotApplicable as reason:
        outcome, message = "skipped", str(reason)
        undeclared = reason.capability if isinstance(reason, NotDeclared) else None
    except ContractBroken as error:
        outcome, message, fault = "failed", str(error), error.fault
    return Result(
        check=check,
        outcome=outcome,
        message=message,
        fault=fault,
        notes=notes,
        undeclared=undeclared,
        seconds=perf_counter() - start,
    )
