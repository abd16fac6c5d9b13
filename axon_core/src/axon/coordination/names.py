"""The names under which a store keeps what the verbs of a memory need: those of two verbs never meet."""

from __future__ import annotations

from typing import Literal

from axon.core.identifiers import LONGEST, check_name

Kind = Literal["lock", "limit", "activity", "once", "result", "flag", "cached", "tag"]

LONGEST_NAME = LONGEST - 64
"""Characters in the name of a lock, a flag and so on; a limit's name and its key have a few more together."""


def stored_name(kind: Kind, name: object, at: str = "name") -> str:
    """What a store knows the ``name`` of a user as; ``at`` is what it is called in errors."""
    return f"{kind}:{check_name(name, at, longest=LONGEST_NAME)}"


def keyed_prefix(kind: Kind, name: object) -> str:
    """What a store's name of a key of ``name`` begins with: with its length, so that no two share a name."""
    checked = check_name(name, "name", longest=LONGEST_NAME)
    return f"{kind}:{len(checked)}:{checked}"


def keyed_name(prefix: str, key: object) -> str:
    """What a store knows ``key`` as, for the name of :func:`keyed_prefix`."""
    return prefix + check_name(key, "key", longest=LONGEST - len(prefix)) if key != "" else prefix


def given_name(kind: Kind, stored: str) -> str | None:
    """The name of :func:`stored_name`; ``None`` for one of another kind."""
    found, _, name = stored.partition(":")
    return name if found == kind else None


def given_key(kind: Kind, stored: str) -> tuple[str, str] | None:
    """Name and key of :func:`keyed_prefix`; ``None`` for one of another kind."""
    found, _, rest = stored.partition(":")
    length, _, name = rest.partition(":")
    return (name[: int(length)], name[int(length) :]) if found == kind and length.isdecimal() else None
