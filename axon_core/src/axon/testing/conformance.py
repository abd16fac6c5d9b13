"""The checks as a test class, for pytest."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar

from attrs import frozen

from axon.core.errors import AxonError, shown
from axon.core.registry import Registry
from axon.core.secrets import masked
from axon.testing.bench import HUNG
from axon.testing.blocking import LITTLE_BLOCKED_S, Blocked, broken_off
from axon.testing.check import Check
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken, NotApplicable, NotDeclared, NotDeclaredWarning, NotMade, raised_in
from axon.testing.readiness import make_sure
from axon.testing.subject import Subject

_PREFIX = "test_"


@frozen
class ExpectedFailure:
    """A check that an adapter is known to fail."""

    reason: str


def xfail(*, reason: str) -> Any:
    """In the place of a check of :class:`AdapterConformance`: the adapter is known to fail it, and why.

    Once it no longer does, the test fails, so that the line is taken out.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise TypeError('say why: xfail(reason="...")')
    return ExpectedFailure(reason)


class AdapterConformance:
    """The contract of adapters, put to the test: a subclass names an adapter, and pytest runs every check.

    ``test_<topic>_<promise>`` is a method for each; one may be replaced by :func:`xfail` and by nothing else.
    """

    adapter: ClassVar[str]
    """The name under which an installed plugin registers it."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """As in a configuration; ``{tmp_path}`` in them stands for a folder that is empty when a check begins."""
    unreachable: ClassVar[Mapping[str, Any] | None] = None
    """Settings, beside the others, with which no store answers; without them its errors are not looked at."""
    golden: ClassVar[Path | None] = None
    """A folder that an earlier version filled as its ``{tmp_path}``; ``axon conformance NAME --write-golden DIR``
    makes one."""
    dimension: ClassVar[int | None] = None
    """How many numbers a vector has in a store that takes no others: 24 at least. ``None``: it takes any."""
    registry: ClassVar[Registry | None] = None
    """Where it is looked for; ``None``: among what is installed."""

    def __init_subclass__(cls, **extra: Any) -> None:
        super().__init_subclass__(**extra)
        for name, value in _given(cls).items():
            check = _METHODS.get(name)
            if check is None:
                _see_to_attribute(cls, name, value)
            elif isinstance(value, ExpectedFailure):
                setattr(cls, name, _expected_to_fail(check, value.reason))
            elif not hasattr(value, _OF_THE_KIT):
                raise TypeError(
                    f"{cls.__name__}.{name} replaces a check of the kit: write {name} = xfail(reason=...) "
                    "where the adapter is known to fail it, or call a test of your own something else"
                )

    @classmethod
    def subject(cls) -> Subject:
        """The adapter as the class describes it."""
        if not isinstance(getattr(cls, "adapter", None), str):
            raise TypeError(f'{cls.__name__} names no adapter: write adapter = "..."')
        return Subject.named(
            cls.adapter,
            registry=cls.registry,
            settings=cls.settings,
            unreachable=cls.unreachable,
            golden=cls.golden,
            dimension=cls.dimension,
        )

    @classmethod
    def ready(cls) -> Subject:
        """The adapter, once it is sure that it can be made and that its store answers; looked at once."""
        subject = cls.subject()
        key = cls, repr(subject)  # a fixture may give other settings
        if key not in _LOOKED_AT:
            try:
                _made_sure(subject)
            except Exception as error:
                _LOOKED_AT[key] = error
            else:
                _LOOKED_AT[key] = None
        found = _LOOKED_AT[key]
        if found is not None:
            raise found.with_traceback(None)
        return subject


def _given(cls: type[AdapterConformance]) -> dict[str, Any]:
    """What stands in the class, and in those before :class:`AdapterConformance` from which it has it."""
    given: dict[str, Any] = {}
    for origin in cls.__mro__[: cls.__mro__.index(AdapterConformance)]:
        for name, value in vars(origin).items():
            given.setdefault(name, value)
    return given


def _see_to_attribute(cls: type[AdapterConformance], name: str, value: Any) -> None:
    """Refuse an attribute that says nothing to the kit and was meant to, and one of the kit's that cannot be."""
    if isinstance(value, ExpectedFailure):
        raise TypeError(f"{cls.__name__}.{name}: the kit has no check of this name")
    if name in _ATTRIBUTES:
        wanted, allowed = _ATTRIBUTES[name]
        if not isinstance(value, allowed) and not hasattr(value, "__get__"):
            raise TypeError(f"{cls.__name__}.{name} must be {wanted}, got {shown(value)}")
    elif not callable(value):
        for meant in _ATTRIBUTES:
            # Where the one that may be meant is given as well, this is something of the author's own.
            if one_slip_apart(name, meant) and meant not in _given(cls):
                raise TypeError(f"{cls.__name__}.{name}: did you mean {meant!r}?")


def one_slip_apart(name: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong, or swapped with the next makes ``name`` of ``other``."""
    shorter = min(len(name), len(other))
    start = next((i for i in range(shorter) if name[i] != other[i]), shorter)
    left, right = name[start:], other[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return (len(left) < 2 and len(right) < 2) or (len(left) == 2 and left == right[::-1])


def _method(check: Check) -> Callable[[AdapterConformance], None]:
    def test(self: AdapterConformance) -> None:
        __tracebackhide__ = True
        _examined(check, _ready(type(self), check), cls=type(self))

    return _named(test, check)


def _expected_to_fail(check: Check, reason: str) -> Callable[[AdapterConformance], None]:
    def test(self: AdapterConformance) -> None:
        __tracebackhide__ = True
        subject = _ready(type(self), check)
        try:
            _examined(check, subject, cls=type(self))
        except ContractBroken as error:
            raise _failed_as_expected(reason) from error
        raise AssertionError(f"{check.name} passes although it is expected to fail ({reason}): take the line out")

    return _named(test, check)


def _ready(cls: type[AdapterConformance], check: Check) -> Subject:
    """The adapter; where it cannot be asked anything, the first check fails with the reason and no other is asked."""
    try:
        return cls.ready()
    except Exception as error:
        kind = "" if isinstance(error, AxonError) else f"{type(error).__name__}: "
        reason = masked(f"{cls.__name__} cannot ask anything of its adapter: {kind}{error}")
    # By its name, since one that is run again has to fail again.
    if _TOLD.setdefault((cls, reason), check.name) != check.name:
        raise NotApplicable("not asked: see the first failure")
    pytest = sys.modules.get("pytest")
    raise AssertionError(reason) if pytest is None else pytest.fail.Exception(reason, pytrace=False)


def _failed_as_expected(reason: str) -> BaseException:
    """What the test runner takes for an expected failure; where it is not pytest, for a skipped test."""
    pytest = sys.modules.get("pytest")
    return NotApplicable(f"known to fail: {reason}") if pytest is None else pytest.xfail.Exception(reason)


def _examined(check: Check, subject: Subject, *, cls: type[AdapterConformance]) -> None:
    __tracebackhide__ = True
    try:
        with broken_off(LITTLE_BLOCKED_S if subject.spec.name in HUNG else None):
            notes = examine(check, subject)
        for note in notes:
            sys.stdout.write(f"{check.name}: {note}\n")  # pytest keeps it, for its reports and for -rP
    except ContractBroken as error:
        raise error from None  # its message says all; the way there is the kit's
    except NotDeclared as advice:
        _warn(cls, f"the adapter {subject.spec.name!r}: {advice}")
        raise


def _made_sure(subject: Subject) -> None:
    try:
        with broken_off():
            make_sure(subject)
    except Blocked as error:
        told = "; ".join([str(error), *raised_in(error)])
        raise NotMade(f"the adapter {subject.spec.name!r} blocks before the first check: {told}") from error


def _warn(cls: type[AdapterConformance], told: str) -> None:
    """Say it where it is read: nobody looks at the reason of a skip. A filter may silence it, none make it an error."""
    try:
        path, line = inspect.getsourcefile(cls) or cls.__module__, inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):  # a class that was made without a file
        path, line = cls.__module__, 1
    try:
        warnings.warn_explicit(told, NotDeclaredWarning, path, line, cls.__module__)
    except NotDeclaredWarning:
        with warnings.catch_warnings():
            warnings.simplefilter("always", NotDeclaredWarning)
            warnings.warn_explicit(told, NotDeclaredWarning, path, line, cls.__module__)


def _named(test: Callable[[AdapterConformance], None], check: Check) -> Callable[[AdapterConformance], None]:
    test.__name__ = _PREFIX + check.name
    test.__qualname__ = f"{AdapterConformance.__name__}.{test.__name__}"
    test.__doc__ = check.contract
    setattr(test, _OF_THE_KIT, True)
    return test


_OF_THE_KIT = "_of_the_kit"
_ATTRIBUTES: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "adapter": ("the name of an adapter", str),
    "settings": ("a mapping of settings", Mapping),
    "unreachable": ("a mapping of settings or None", (Mapping, NoneType)),
    "golden": ("the path of a folder or None", (str, PathLike, NoneType)),
    "dimension": ("a whole number or None", (int, NoneType)),
    "registry": ("a Registry or None", (Registry, NoneType)),
}
_LOOKED_AT: dict[tuple[type[AdapterConformance], str], Exception | None] = {}
_TOLD: dict[tuple[type[AdapterConformance], str], str] = {}
"""By class and reason, the check that failed with it."""
_METHODS = {_PREFIX + check.name: check for check in every_check()}
for _name, _check in _METHODS.items():
    setattr(AdapterConformance, _name, _method(_check))
