"""Findings, and the words in them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from axon.spi import Finding, Severity

_UNITS = ("B", "KB", "MB", "GB", "TB")
_NAMED = 5


def ok(subject: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(severity="ok", subject=subject, sentence=sentence)


def info(subject: str, sentence: str, fix: str | None = None) -> Finding:
    """Neither good nor bad, and worth knowing."""
    return Finding(severity="info", subject=subject, sentence=sentence, fix=fix)


def warning(subject: str, sentence: str, fix: str | None = None) -> Finding:
    """It may come to an error, or costs too much."""
    return Finding(severity="warning", subject=subject, sentence=sentence, fix=fix)


def error(subject: str, sentence: str, fix: str | None = None) -> Finding:
    """Something does not work, or is lost; ``sentence`` may be the message of an error, which ends with a full stop."""
    return Finding(severity="error", subject=subject, sentence=sentence.removesuffix("."), fix=fix)


def merged(by_server: Sequence[tuple[str, Sequence[Finding]]]) -> list[Finding]:
    """The findings of several servers: what is the same of all or of some is said once, with where."""
    if len(by_server) == 1:
        return list(by_server[0][1])
    places: dict[tuple[str, Severity, str], list[str]] = {}
    first: dict[tuple[str, Severity, str], Finding] = {}
    subjects: dict[str, int] = {}
    for where, findings in by_server:
        for finding in findings:
            key = finding.subject, finding.severity, finding.sentence
            places.setdefault(key, []).append(where)
            first.setdefault(key, finding)
            subjects.setdefault(finding.subject, len(subjects))
    found: list[Finding] = []
    for key in sorted(first, key=lambda key: subjects[key[0]]):
        finding, at = first[key], places[key]
        who = f"all {len(at)} primaries" if len(at) == len(by_server) else named(at)
        sentence = finding.sentence if finding.sentence.startswith(who) else f"{who}: {finding.sentence}"
        fix = finding.fix
        if fix is not None and len(at) > 1:
            fix += f", and likewise on {'the others' if len(at) == len(by_server) else named(at[1:])}"
        found.append(attrs.evolve(finding, sentence=sentence, fix=fix))
    return found


def named(names: Sequence[str]) -> str:
    """Some of the names."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 key``, ``1,000 keys``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: float) -> str:
    """A number of bytes, in the units that Redis has: 1 MB is 1,048,576 of them."""
    unit = 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if number >= 99.5 or not unit else f"{number:.1f} {_UNITS[unit]}"


def percent(part: float, whole: float) -> str:
    """A part of a whole."""
    share = 100 * part / whole if whole else 0.0
    return "less than 1 %" if 0 < share < 1 else f"{share:.0f} %"


def span(seconds: float) -> str:
    """A number of seconds, roughly."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return counted(round(seconds / length), unit)
    return counted(max(0, round(seconds)), "second")
