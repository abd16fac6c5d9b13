"""Functions whose results are kept."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
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
        if not (inspect.isfunction(function) and inspect.iscoroutinefunction(function)):
            raise WrongType(
                f"cached() is for async functions, got {shown(function)}; axon.sync.MemorySystem caches plain ones"
            )
        if key is not None and not callable(key):
            raise WrongType(f"key must be a function of the arguments that gives text, got {shown(key)}")
        functools.update_wrapper(self, function)
        self._function = function
        self._first: tuple[Any, ...] = ()
        self._name = _name_of(function)
        self._signature = inspect.signature(function)
        self._results = results
        self._ttl = ttl
        self._lease = lease
        self._tags = tags if callable(tags) else _checked_tags(tags)
        self._key = key

    async def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """What the function gives for these arguments, or gave."""
        given: Any = (*self._first, *args)
        tags = _checked_tags(self._tags(*given, **kwargs)) if callable(self._tags) else self._tags
        wanted = Computation(
            stored=self._stored(given, kwargs),
            function=functools.partial(self._function, *given, **kwargs),
            ttl=self._ttl,
            lease=self._lease,
            tags=tags,
            shares_errors=False,
        )
        return cast("Result", await self._results.get(wanted))

    async def invalidate(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        """Forget what the function gave for these arguments; what is being computed now will not be kept."""
        await self._results.invalidate(self._stored((*self._first, *args), kwargs))

    def __get__(self, instance: object, _: type | None = None) -> Any:
        """Bound to an instance as any function is; then it needs a ``key`` that says which."""
        if instance is None:
            return self
        bound = copy(self)
        bound._first = (instance,)  # noqa: SLF001  # a copy of our own
        return bound

    def _stored(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if self._key is not None:
            made = self._key(*args, **kwargs)
            if not isinstance(made, str):
                raise WrongType(f"the key of {self._name} must be text, got {shown(made)}")
        else:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            try:
                made = encoded(bound.arguments, "the arguments", sort_keys=True).decode()
            except InvalidInput as error:
                raise InvalidInput(
                    f"{error}: {self._name} is cached by its arguments; give cached() a key that makes text of them"
                ) from None
        if len(made) > _LONGEST_READABLE:
            made = hashlib.sha256(made.encode()).hexdigest()
        return stored_name("cached", f"{self._name}({made})")


def _name_of(function: Callable[..., Any]) -> str:
    """Module and name, by which a result is found again."""
    module = function.__module__
    if module == "__main__":  # as the module of every program is called that is run
        module = Path(inspect.unwrap(function).__code__.co_filename).stem
    return f"{module}.{function.__qualname__}"


def _checked_tags(tags: object) -> Sequence[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise WrongType(f"tags must be several texts, got {shown(tags)}")
    found = sorted(set(tags))
    for tag in found:
        stored_name("tag", tag)
    return found
