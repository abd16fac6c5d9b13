"""What the checks of an adapter find: told when it is found, and summed up whatever ends them."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from axon.cli.output import print_json, print_table
from axon.cli.text import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from axon.cli.progress import Bar
    from axon.testing.report import Report, Result

_WOULD_LET = {
    "unreachable": "[unreachable], settings with which no store answers",
    "golden": "golden, a folder that an earlier version filled",
}
"""What can be given in the file of settings, so that a topic is looked at."""


class Findings:
    """The results so far of ``total`` checks on the adapter ``name``, for people or as one document."""

    def __init__(self, name: str, total: int, *, as_document: bool) -> None:
        self._name = name
        self._total = total
        self._as_document = as_document
        self._out = sys.stdout  # which the adapter does not have while checks run
        self._results: list[Result] = []
        self._faults: set[str] = set()
        self.told = False
        """Whether they have been summed up."""

    @property
    def report(self) -> Report:
        """What there is so far."""
        from axon.testing.report import Report

        return Report(adapter=self._name, results=tuple(self._results))

    def add(self, result: Result, bar: Bar) -> None:
        """One more; of a fault that is new, print the whole message."""
        self._results.append(result)
        bar(len(self._results), self._total)
        if self._as_document or result.outcome != "failed":
            return
        fault = result.fault or result.message
        if fault not in self._faults:
            self._faults.add(fault)
            block = f"{legible(result.message)}\n"
            if bar.shown and self._out.isatty():
                bar.above(block)
            else:
                click.echo(block, file=self._out)
                self._out.flush()

    def sum_up(self, cut_off: str = "") -> None:
        """Print the rest: all in one document, or what was not printed yet; ``cut_off`` says why it is not all."""
        self.told = True
        found = self.report
        if self._as_document:
            print_json(_document(found, cut_off))
        else:
            _print(found, self._conclusion(found, cut_off))
        sys.stdout.flush()

    def summed_up(self, cut_off: str) -> bytes:
        """The same as text, for whoever cannot wait for the lock of a stream; nothing if it was printed already."""
        if self.told:
            return b""
        with redirect_stdout(io.StringIO()) as text:
            self.sum_up(cut_off)
        return text.getvalue().encode(self._out.encoding or "ascii", "backslashreplace")

    def _conclusion(self, found: Report, cut_off: str) -> str:
        skipped = len(found.of("skipped"))
        failed, asked = len(found.of("failed")), len(found.results) - skipped
        undeclared = f"; done but not declared: {', '.join(found.undeclared())}" if found.undeclared() else ""
        every = "" if cut_off else "all "
        if not asked:
            said = f"was asked nothing: none of {skipped} checks applies" if skipped else "was asked nothing"
        elif failed:
            said = f"breaks the contract in {failed} of {asked} checks"
        else:
            said = f"keeps the contract in {every}{asked} checks"
        if asked:
            others = f", {skipped} do not apply" if skipped else ""
            said += f"{others} ({sum(result.seconds for result in found.results):.0f} s)"
        end = f"\nincomplete, {len(found.results)} of {self._total} checks have run: {cut_off}" if cut_off else ""
        return f"{found.adapter} {said}{undeclared}{end}"


def _print(found: Report, conclusion: str) -> None:
    from axon.testing.report import verdict

    for first, *others in found.faults().values():
        if others:
            more = f"{len(others)} more check{'s fail' if len(others) > 1 else ' fails'}"
            names = ", ".join(result.check.name for result in others)
            click.echo(f"... and {more} as {first.check.name} does: {names}\n")
    for title, groups in (("topic", found.topics()), ("capability", found.capabilities())):
        if groups:
            print_table((title, "verdict"), [(name, verdict(results).sentence) for name, results in groups.items()])
            click.echo()
    for reason, number in found.reasons().items():
        click.echo(f"{number:4} skipped: {legible(reason)}")
    for note, checks in found.notes().items():
        click.echo(f"{len(checks):4} noted: {legible(note)}")
    for topic, wanted in _not_looked_at(found).items():
        click.echo(f"\nnot looked at: {topic}; to have it looked at, give --settings FILE with {wanted}")
    click.echo(f"\n{legible(conclusion)}")


def _not_looked_at(found: Report) -> dict[str, str]:
    """By topic what would have to be given, where that alone is missing."""
    missing: dict[str, str] = {}
    for topic, results in found.topics().items():
        if all(result.outcome == "skipped" for result in results):
            for name, what in _WOULD_LET.items():
                if any(f"`{name}`" in result.message for result in results):
                    missing[topic] = what
    return missing


def _document(found: Report, cut_off: str) -> dict[str, Any]:
    return {
        "adapter": found.adapter,
        "ok": found.ok and not cut_off,
        "incomplete": cut_off or None,
        "undeclared": found.undeclared(),
        "notes": [{"note": note, "checks": checks} for note, checks in found.notes().items()],
        "topics": {name: _verdict(results) for name, results in found.topics().items()},
        "capabilities": {name: _verdict(results) for name, results in found.capabilities().items()},
        "checks": [
            {
                "name": result.check.name,
                "topic": result.check.topic,
                "outcome": result.outcome,
                "contract": result.check.contract,
                "message": result.message,
                "advice": result.check.advice,
                "undeclared": result.undeclared,
                "notes": list(result.notes),
                "seconds": round(result.seconds, 3),
            }
            for result in found.results
        ],
    }


def _verdict(results: Sequence[Result]) -> dict[str, Any]:
    from axon.testing.report import verdict

    found = verdict(results)
    return {
        "status": found.status,
        "passed": found.passed,
        "failed": found.failed,
        "skipped": found.skipped,
        "advice": list(found.advice),
        "verdict": found.sentence,
    }
