"""Functions whose results are kept."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from axon.coordination.encoding import encoded
from axon.coordination.functions import check_cacheable, name_of
from axon.coordination.names import stored_name
from axon.coordination.results import Computation
from axon.core.errors import InvalidInput, WrongType, shown

if TYPE_CHECKING:
    from axon.coordination.results import Results

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Tags = Iterable[str] | Callable[..., Iterable[str]]


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
        if key is not None and not callable(key):
            raise WrongType(f"key must be a function of the arguments that gives text, got {shown(key)}")
        functools.update_wrapper(self, function)
        self._function = function
        self._first: tuple[Any, ...] = ()
        self._name = name_of(function, name)
        self._stored_as("")  # a name that no store takes is refused before its first call
        self._signature = inspect.signature(function)
        self._results = results
        self._ttl = ttl
        self._lease = lease
        self._tags = tags if callable(tags) else _checked_tags(tags)
        self._key = key
        results.functions.add(self._name, given or function)

    async def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """What the function gives for these arguments, or gave."""
        given: Any = (*self._first, *args)
        tags = _checked_tags(self._tags(*given, **kwargs)) if callable(self._tags) else self._tags
        wanted = Computation(
            name=self._name,
            stored=self._stored(given, kwargs),
            function=functools.partial(self._function, *given, **kwargs),
            ttl=self._ttl,
            lease=self._lease,
            tags=tags,
            has_effects=False,
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
        return self._stored_as(made)

    def _stored_as(self, made: str) -> str:
        """Without what the arguments are, as they may be secret and names of a store can be listed."""
        # A key may hold half of a surrogate pair, which is as good as any other character here.
        digest = hashlib.sha256(made.encode(errors="surrogatepass")).hexdigest()
        return stored_name("cached", f"{self._name}({digest})")


def _checked_tags(tags: object) -> Sequence[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise WrongType(f"tags must be several texts, got {shown(tags)}")
    found = sorted(set(tags))
    for tag in found:
        stored_name("tag", tag)
    return found
