"""Functions that users hand in: what they must be, and the names by which their results are found again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.identifiers import check_name

_UNNAMED = ("<lambda>", "<locals>")
"""What a name holds that several functions may have."""


def check_cacheable(function: Any, *, is_async: bool) -> None:
    """Refuse what ``cached`` cannot tell from others: what is no function by ``def`` has no name of its own."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function) != is_async:
        wanted, other = ("async", "axon.sync.MemorySystem") if is_async else ("plain", "axon.MemorySystem")
        hint = f"{other} caches others" if inspect.isfunction(function) else "write a function by def that calls it"
        raise WrongType(f"cached() is for {wanted} functions here, got {shown(function)}; {hint}")


def check_progress(progress: Any) -> None:
    """Refuse what ``warm`` cannot call: nobody would await what an async function gives."""
    if progress is not None and (not callable(progress) or inspect.iscoroutinefunction(progress)):
        raise WrongType(f"progress must be a plain function of two numbers, got {shown(progress)}")


def name_of(function: Any, name: str | None) -> str:
    """``name`` or, without one, module and name of ``function``."""
    if name is not None:
        return check_name(name, "name")
    module = function.__module__
    if module == "__main__":  # as the module of every program is called that is run
        module = Path(getattr(inspect.unwrap(function), "__code__", function.__code__).co_filename).stem
    found = f"{module}.{function.__qualname__}"
    if any(part in found for part in _UNNAMED):
        raise InvalidInput(
            f"several functions may be called {found}, and would share their results: give this one a name, "
            'cached(name="...")'
        )
    return found


class Functions:
    """The cached functions of a tier, by name."""

    def __init__(self) -> None:
        self._functions: dict[str, Any] = {}

    def add(self, name: str, function: Callable[..., Any]) -> None:
        """Note who has ``name``; :class:`InvalidInput` if another function has it already."""
        first = self._functions.setdefault(name, function)
        if not _are_one(first, function):
            raise InvalidInput(
                f"another cached function is called {name!r} already, and they would share their results: "
                'give one of them another name, cached(name="...")'
            )


def _are_one(first: Any, second: Any) -> bool:
    """Whether they are one function, or one whose module was read again; closures may differ in what they hold."""
    if first is second:
        return True
    if first.__closure__ is not None or second.__closure__ is not None:
        return False
    one, other = first.__code__, second.__code__
    return (one.co_filename, one.co_qualname) == (other.co_filename, other.co_qualname)
