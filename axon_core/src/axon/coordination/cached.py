"""Functions whose results are kept."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from axon.coordination.encoding import encoded
from axon.coordination.names import stored_name
from axon.coordination.results import Computation
from axon.core.errors import InvalidInput, WrongType, shown

if TYPE_CHECKING:
    from axon.coordination.results import Results

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Tags = Iterable[str] | Callable[..., Iterable[str]]

_LONGEST_READABLE = 200


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
    ) -> None:
        if not inspect.iscoroutinefunction(function):
            raise WrongType(
                f"cached() is for async functions, got {shown(function)}; axon.sync.MemorySystem caches plain ones"
            )
        functools.update_wrapper(self, function)
        self._function = function
        # The program that is run is called __main__, as every program is.
        module = function.__module__ if function.__module__ != "__main__" else Path(function.__code__.co_filename).stem
        self._name = f"{module}.{function.__qualname__}"
        self._signature = inspect.signature(function)
        self._results = results
        self._ttl = ttl
        self._lease = lease
        self._tags = tags if callable(tags) else _checked_tags(tags)
        self._key = key

    async def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """What the function gives for these arguments, or gave."""
        tags = _checked_tags(self._tags(*args, **kwargs)) if callable(self._tags) else self._tags
        wanted = Computation(
            stored=self._stored(args, kwargs),
            function=functools.partial(self._function, *args, **kwargs),
            ttl=self._ttl,
            lease=self._lease,
            tags=tags,
            shares_errors=False,
        )
        return cast("Result", await self._results.get(wanted))

    async def invalidate(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        """Forget what the function gave for these arguments; what is being computed now will not be kept."""
        await self._results.invalidate(self._stored(args, kwargs), ttl=self._ttl)

    def __get__(self, instance: object, _: type | None = None) -> Any:
        """Bound to an instance as any function is; then it needs a ``key`` that says which."""
        call: Callable[..., Any] = self.__call__
        return self if instance is None else functools.partial(call, instance)

    def _stored(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if self._key is not None:
            made = self._key(*args, **kwargs)
            if not isinstance(made, str):
                raise WrongType(f"the key of {self._name} must be text, got {shown(made)}")
        else:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            try:
                made = encoded(bound.arguments, "the arguments").decode()
            except InvalidInput as error:
                raise InvalidInput(
                    f"{error}: {self._name} is cached by its arguments; give cached() a key that makes text of them"
                ) from None
        if len(made) > _LONGEST_READABLE:
            made = hashlib.sha256(made.encode()).hexdigest()
        return stored_name("cached", f"{self._name}({made})")


def _checked_tags(tags: object) -> Sequence[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise WrongType(f"tags must be several texts, got {shown(tags)}")
    found = sorted(set(tags))
    for tag in found:
        stored_name("tag", tag)
    return found
