"""The calls of a cached function: which of them are the same, and what a result is invalidated by."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from axon.coordination.encoding import encoded
from axon.coordination.names import stored_name
from axon.coordination.results import Computation
from axon.core.errors import InvalidInput, WrongType, shown

Tags = Iterable[str] | Callable[..., Iterable[str]]


class Calls:
    """The calls of ``function``, which is known as ``name``.

    ``key`` and ``tags``, where they are functions, are called here, with the arguments as they are given.
    """

    def __init__(
        self,
        function: Callable[..., Awaitable[Any]],
        *,
        name: str,
        ttl: float,
        lease: float,
        tags: Tags,
        key: Callable[..., str] | None,
    ) -> None:
        if key is not None and not callable(key):
            raise WrongType(f"key must be a function of the arguments that gives text, got {shown(key)}")
        self._function = function
        self._first: tuple[Any, ...] = ()
        self._name = name
        self._stored_as("")  # a name that no store takes is refused before the first call
        self._signature = inspect.signature(function)
        self._ttl = ttl
        self._lease = lease
        self._tags = tags if callable(tags) else _checked_tags(tags)
        self._key = key

    def computation(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Computation:
        """What a call with these arguments asks for."""
        given = (*self._first, *args)
        return Computation(
            name=self._name,
            stored=self.stored(args, kwargs),
            function=functools.partial(self._function, *given, **kwargs),
            ttl=self._ttl,
            lease=self._lease,
            tags=_checked_tags(self._tags(*given, **kwargs)) if callable(self._tags) else self._tags,
            has_effects=False,
        )

    def stored(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """What a store knows the result for these arguments as."""
        given = (*self._first, *args)
        if self._key is not None:
            made = self._key(*given, **kwargs)
            if not isinstance(made, str):
                raise WrongType(f"the key of {self._name} must be text, got {shown(made)}")
        else:
            bound = self._signature.bind(*given, **kwargs)
            bound.apply_defaults()
            try:
                made = encoded(bound.arguments, "the arguments", sort_keys=True).decode()
            except InvalidInput as error:
                raise InvalidInput(
                    f"{error}: {self._name} is cached by its arguments; give cached() a key that makes text of them"
                ) from None
        return self._stored_as(made)

    def of(self, instance: object) -> Calls:
        """Those of the method of ``instance``."""
        bound = copy(self)
        bound._first = (instance,)  # noqa: SLF001  # a copy of our own
        return bound

    def _stored_as(self, made: str) -> str:
        """Without what the arguments are, as they may be secret and names of a store can be listed."""
        # A key may hold half of a surrogate pair, which is as good as any other character here.
        digest = hashlib.sha256(made.encode(errors="surrogatepass")).hexdigest()
        return stored_name("cached", f"{self._name}({digest})")


def _checked_tags(tags: object) -> Sequence[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise WrongType(f"tags must be several texts, got {shown(tags)}")
    found = list(tags)
    for tag in found:
        stored_name("tag", tag, "a tag")
    return sorted(set(found))
