"""Functions whose results are kept."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from axon.coordination.calls import Calls, Tags
from axon.coordination.functions import check_cacheable, name_of

if TYPE_CHECKING:
    from axon.coordination.results import Results

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class CachedFunction(Generic[Parameters, Result]):
    """An async function that runs once for the same arguments, wherever it is called, until its result expires.

    Results and arguments are JSON. However many call at once, one runs the function and the others wait for what
    comes out; an error is not kept.
    """

    def __init__(
        self,
        function: Callable[Parameters, Awaitable[Result]],
        results: Results,
        *,
        ttl: float,
        lease: float,
        tags: Tags,
        key: Callable[Parameters, str] | None,
        name: str | None,
        given: Callable[Parameters, Any] | None = None,
    ) -> None:
        """``given`` is the function of the user, if ``function`` only runs it."""
        check_cacheable(function, is_async=True)
        functools.update_wrapper(self, function)
        known_as = name_of(function, name)
        self._calls = Calls(function, name=known_as, ttl=ttl, lease=lease, tags=tags, key=key)
        self._results = results
        results.functions.add(known_as, given or function)

    async def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """What the function gives for these arguments, or gave."""
        return cast("Result", await self._results.get(self._calls.computation(args, kwargs)))

    async def invalidate(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        """Forget what the function gave for these arguments; what is being computed now will not be kept."""
        await self._results.invalidate(self._calls.stored(args, kwargs))

    def __get__(self, instance: object, _: type | None = None) -> Any:
        """Bound to an instance as any function is; then it needs a ``key`` that says which."""
        if instance is None:
            return self
        bound = copy(self)
        bound._calls = self._calls.of(instance)  # noqa: SLF001  # a copy of our own
        return bound
