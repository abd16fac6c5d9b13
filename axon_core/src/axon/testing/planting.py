"""Secrets that the kit plants in settings, to see whether an adapter shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from axon.core.errors import ConfigError
from axon.core.secrets import MASK, masked

if TYPE_CHECKING:
    from pathlib import Path

    from axon.testing.subject import Subject

PLANTED = "planted-by-the-kit-7f3a"
_ADDRESS = re.compile(r"(?<=://)(?:[^@/]*@)?")
_TEXT = re.compile(r"\b(?:str|bytes)\b")


def sounds_secret(setting: str) -> bool:
    """Whether Axon masks what lies under this name, as ``axon config show`` does."""
    return bool(masked("text", setting) == MASK)


def secret_settings(subject: Subject) -> Iterator[attrs.Attribute[Any]]:
    """The fields of its options that sound as if a secret lay in them."""
    options = subject.options_type
    for attribute in () if options is None else attrs.fields(options):
        if sounds_secret(attribute.alias):
            yield attribute


def may_hold_text(attribute: attrs.Attribute[Any]) -> bool:
    """Whether a secret can be in it at all."""
    return _TEXT.search(str(attribute.type)) is not None


def addresses(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``settings`` that are addresses, with a planted password in each."""
    return {
        name: _ADDRESS.sub(f"kit:{PLANTED}@", value)
        for name, value in settings.items()
        if isinstance(value, str) and "://" in value
    }


def plantings(subject: Subject, folder: Path, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Settings over its own with planted secrets that its options can hold: in all that can be, and in each alone."""
    secrets: dict[str, Any] = {str(attribute.alias): PLANTED for attribute in secret_settings(subject)}
    everywhere = addresses({**subject.settings, **settings})
    alone: list[dict[str, Any]] = [{name: value} for name, value in (secrets | everywhere).items()]
    for planted in (secrets | everywhere, everywhere, *alone):
        try:
            subject.check(folder, {**settings, **planted})
        except ConfigError:
            continue
        if planted:
            yield {**settings, **planted}
