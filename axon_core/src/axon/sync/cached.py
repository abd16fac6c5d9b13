"""Plain functions whose results are kept."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from axon.coordination.functions import check_cacheable
from axon.sync.running import wait
from axon.sync.threads import in_a_thread

if TYPE_CHECKING:
    from axon.coordination.cached import CachedFunction as AsyncCachedFunction

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class CachedFunction(Generic[Parameters, Result]):
    """A function that runs once for the same arguments, wherever it is called, until its result expires.

    It runs in a thread of its own. An error is not kept.
    """

    def __init__(
        self,
        function: Callable[Parameters, Result],
        decorator: Callable[
            [Callable[Parameters, Awaitable[Result]], Callable[Parameters, Result]],
            AsyncCachedFunction[Parameters, Result],
        ],
    ) -> None:
        check_cacheable(function, is_async=False)

        @functools.wraps(function)
        async def awaited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return await in_a_thread(functools.partial(function, *args, **kwargs))

        functools.update_wrapper(self, function)
        self._cached = decorator(awaited, function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """What the function gives for these arguments, or gave."""
        # What functions of the user make of the arguments is made in this thread, not in the loop that all share.
        wanted = self._cached._calls.computation(args, kwargs)  # noqa: SLF001  # one class, here and there
        return cast("Result", wait(self._cached._results.get(wanted)))  # noqa: SLF001  # as above

    def invalidate(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        """Forget what the function gave for these arguments; what is being computed now will not be kept."""
        stored = self._cached._calls.stored(args, kwargs)  # noqa: SLF001  # as above
        wait(self._cached._results.invalidate(stored))  # noqa: SLF001  # as above

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bound to an instance as any function is; then it needs a ``key`` that says which."""
        bound = copy(self)
        bound._cached = self._cached.__get__(instance, owner)  # noqa: SLF001  # a copy of our own
        return bound
