"""What somebody may have meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from axon.core.errors import shown


def closest(name: object, known: Iterable[str]) -> str | None:
    """The one of ``known`` that is most like ``name``, if one is like it at all."""
    return next(iter(get_close_matches(str(name), list(known), n=1)), None)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``"did you mean 'close'? "`` with the closest of ``known``, or nothing."""
    close = closest(name, known)
    return f"did you mean {close!r}? " if close is not None and close != name else ""


def unknown_key(key: object, known: Iterable[str]) -> str:
    """The sentence on a key that is none of ``known``: the closest, or all that there are."""
    names = list(known)
    return f"unknown key {shown(key)} ({did_you_mean(key, names).strip() or 'known: ' + ', '.join(names)})"
