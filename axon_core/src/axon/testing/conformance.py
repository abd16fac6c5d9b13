"""The checks as a test class, for pytest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from axon.core.suggestions import closest
from axon.testing.check import Check
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken, NotApplicable
from axon.testing.readiness import make_sure
from axon.testing.subject import Subject

if TYPE_CHECKING:
    from axon.core.registry import Registry

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
        for name, value in list(vars(cls).items()):
            check = _METHODS.get(name)
            if check is None:
                if isinstance(value, ExpectedFailure):
                    raise TypeError(f"{cls.__name__}.{name}: the kit has no check of this name")
                meant = closest(name, _ATTRIBUTES)
                if meant not in {None, name} and not callable(value):
                    raise TypeError(f"{cls.__name__}.{name}: did you mean {meant!r}?")
            elif isinstance(value, ExpectedFailure):
                setattr(cls, name, _expected_to_fail(check, value.reason))
            else:
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
        key = repr(subject)
        if key not in _LOOKED_AT:
            try:
                make_sure(subject)
            except Exception as error:
                _LOOKED_AT[key] = error
            else:
                _LOOKED_AT[key] = None
        found = _LOOKED_AT[key]
        if found is not None:
            raise found.with_traceback(None)
        return subject


def _method(check: Check) -> Callable[[AdapterConformance], None]:
    def test(self: AdapterConformance) -> None:
        __tracebackhide__ = True
        _examined(check, self.ready())

    return _named(test, check)


def _expected_to_fail(check: Check, reason: str) -> Callable[[AdapterConformance], None]:
    def test(self: AdapterConformance) -> None:
        __tracebackhide__ = True
        try:
            _examined(check, self.ready())
        except ContractBroken as error:
            raise _failed_as_expected(reason) from error
        raise AssertionError(f"{check.name} passes although it is expected to fail ({reason}): take the line out")

    return _named(test, check)


def _failed_as_expected(reason: str) -> BaseException:
    """What the test runner takes for an expected failure; where it is not pytest, for a skipped test."""
    pytest = sys.modules.get("pytest")
    return NotApplicable(f"known to fail: {reason}") if pytest is None else pytest.xfail.Exception(reason)


def _examined(check: Check, subject: Subject) -> None:
    __tracebackhide__ = True
    try:
        examine(check, subject)
    except ContractBroken as error:
        raise error from None  # its message says all; the way there is the kit's


def _named(test: Callable[[AdapterConformance], None], check: Check) -> Callable[[AdapterConformance], None]:
    test.__name__ = _PREFIX + check.name
    test.__qualname__ = f"{AdapterConformance.__name__}.{test.__name__}"
    test.__doc__ = check.contract
    return test


_ATTRIBUTES = ("adapter", "settings", "unreachable", "golden", "dimension", "registry")
_LOOKED_AT: dict[str, Exception | None] = {}
_METHODS = {_PREFIX + check.name: check for check in every_check()}
for _name, _check in _METHODS.items():
    setattr(AdapterConformance, _name, _method(_check))
