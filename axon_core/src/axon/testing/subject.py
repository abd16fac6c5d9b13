"""The adapter that is put to the test: its description, and how one is built."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from axon.core.capabilities import Capability
from axon.core.conversion import structure
from axon.core.environment import resolve
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.frozen import EMPTY
from axon.core.quantities import check_whole, checked_by
from axon.core.registry import Registry, default_registry
from axon.spi.adapter import Adapter
from axon.spi.spec import AdapterSpec

TMP_PATH = "{tmp_path}"
NAMESPACE = "namespace"


LEAST_DIMENSION = 24
"""Checks rank vectors of so many numbers; shorter ones are filled up with zeros."""


def _mapping(_: Any, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise WrongType(f"{attribute.name} must be a mapping of settings, got {shown(value)}")


@frozen(kw_only=True)
class Subject:
    """What an author says of an adapter: all that is needed to build it, here or in another process."""

    spec: AdapterSpec
    settings: Mapping[str, Any] = field(factory=dict, validator=_mapping)
    """As in a configuration; ``{tmp_path}`` stands for a folder that is empty when a check begins."""
    unreachable: Mapping[str, Any] | None = field(default=None, validator=_mapping)
    """Settings, beside the others, with which no store answers."""
    golden: Path | None = None
    """A folder that an earlier version of the adapter filled as its ``{tmp_path}``."""
    dimension: int | None = field(default=None, validator=optional(checked_by(check_whole, least=LEAST_DIMENSION)))
    """How many numbers a vector has in a store that takes no others."""

    @classmethod
    def named(cls, name: str, *, registry: Registry | None = None, **given: Any) -> Subject:
        """The adapter that an installed plugin registers as ``name``; errors are those of the registry."""
        return cls(spec=(registry or default_registry()).adapter(name), **given)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What its spec declares."""
        return self.spec.capabilities

    def knows(self, setting: str) -> bool:
        """Whether it has this setting."""
        return setting in self.spec.known_settings()

    @property
    def takes_a_clock(self) -> bool:
        """Whether its class takes ``clock``, a function that gives seconds since the epoch."""
        for cls in self.type.__mro__:
            parameters = inspect.signature(vars(cls)["__init__"]).parameters if "__init__" in vars(cls) else {}
            if "clock" in parameters:
                return True
            if parameters and all(p.kind is not inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
                return False
        return False

    @property
    def type(self) -> type[Adapter]:
        """The class that the spec names."""
        module, _, name = self.spec.target.partition(":")
        found: type[Adapter] = getattr(import_module(module), name)
        return found

    @property
    def options_type(self) -> Any:
        """The attrs class of its settings; ``None``: it has none."""
        if self.spec.options is None:
            return None
        module, _, name = self.spec.options.partition(":")
        return getattr(import_module(module), name)

    def options(self, folder: Path, settings: Mapping[str, Any] = EMPTY) -> Any:
        """The options with these settings over its own; errors as for :meth:`check`."""
        resolved, _ = resolve(self._chosen(folder, settings), os.environ, at=self._at)
        return None if self.options_type is None else structure(resolved, self.options_type, at=self._at)

    def build(self, folder: Path, settings: Mapping[str, Any] = EMPTY, *, clock: Any = None) -> Adapter:
        """An adapter with these settings over its own."""
        arguments = {} if clock is None else {"clock": clock}
        return self.spec.build(self._chosen(folder, settings), at=self._at, **arguments)

    def check(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Raise :class:`~axon.core.errors.ConfigError` where its options cannot hold these settings over its own."""
        self.spec.check(self._chosen(folder, settings), at=self._at)

    @property
    def _at(self) -> str:
        return f"adapters.{self.spec.name}"

    def _chosen(self, folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
        chosen = {**self.settings, **settings}
        unknown = [name for name in chosen if not self.knows(name)]
        if unknown:
            known = ", ".join(sorted(self.spec.known_settings())) or "none"
            raise InvalidInput(f"the adapter {self.spec.name!r} has no setting {', '.join(unknown)}; it has: {known}")
        return {name: _placed(value, str(folder)) for name, value in chosen.items()}


def _placed(value: Any, folder: str) -> Any:
    if isinstance(value, str):
        return value.replace(TMP_PATH, folder)
    if isinstance(value, Mapping):
        return {key: _placed(item, folder) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_placed(item, folder) for item in value]
    return value
