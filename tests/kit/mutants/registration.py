"""What a mutant is, and how one is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.registry import Registry
from axon.spi import Adapter, AdapterSpec, hookimpl
from axon.testing.subject import Subject

MEMORY = frozenset({"ttl", "text_search", "vector_search", "locks", "counters", "limits", "values"})
"""What the in-memory adapter declares."""

AnyAdapter = TypeVar("AnyAdapter", bound=type[Adapter])


@frozen(kw_only=True)
class Mutant:
    """An adapter with one fault."""

    type: type[Adapter]
    fault: str
    """A sentence that says what is wrong."""
    caught_by: str
    """The check that has to name it."""

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.type.__name__

    @property
    def topic(self) -> str:
        """The module that it is in."""
        return self.type.__module__.rpartition(".")[2]

    @property
    def subject(self) -> Subject:
        """The mutant as the kit sees an adapter."""
        return subject(self.type)


class _Plugin:
    def __init__(self, spec: AdapterSpec) -> None:
        self.spec = spec

    @hookimpl
    def axon_adapters(self) -> list[AdapterSpec]:
        return [self.spec]


def subject(cls: type[Adapter]) -> Subject:
    """``cls``, registered by hand: what it declares and what its settings are stands in attributes of its own."""
    spec = AdapterSpec(
        name="mutant",
        target=f"{cls.__module__}:{cls.__name__}",
        options=getattr(cls, "options", "axon_inmemory.options:InMemoryOptions"),
        capabilities=frozenset(map(Capability, getattr(cls, "declares", MEMORY))),
        summary=getattr(cls, "summary", "An adapter with a fault."),
    )
    registry = Registry()
    registry.register(_Plugin(spec))
    settings: Mapping[str, Any] = getattr(cls, "settings", {})
    return Subject.named("mutant", registry=registry, settings=settings, unreachable=getattr(cls, "unreachable", None))


def mutant(fault: str, *, caught_by: str) -> Callable[[AnyAdapter], AnyAdapter]:
    """Register a class with the sentence that says what is wrong with it and the check that has to name that."""

    def made(cls: AnyAdapter) -> AnyAdapter:
        _MUTANTS.append(Mutant(type=cls, fault=fault, caught_by=caught_by))
        return cls

    return made


def registered() -> tuple[Mutant, ...]:
    """The mutants of all modules that were imported, in the order of their definition."""
    return tuple(_MUTANTS)


_MUTANTS: list[Mutant] = []
