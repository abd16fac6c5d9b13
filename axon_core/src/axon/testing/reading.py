"""Where the author of an adapter reads on: what is installed with Axon, and the page of its documentation."""

from __future__ import annotations

from axon.core.capabilities import Capability
from axon.spi import coordination, protocols
from axon.spi.adapter import Adapter
from axon.spi.spec import AdapterSpec

PAGE = "The adapter contract"
_ALWAYS, _FIVE, _DEFAULTS = "What always holds", "The five methods", "Methods with defaults"
_TOGETHER = "Locks, counters, limits and values"
SECTIONS = {
    "packaging": "Settings",
    "contract": _FIVE,
    "fields": _ALWAYS,
    "saving": _FIVE,
    "deleting": _FIVE,
    "updating": _DEFAULTS,
    "identity": _ALWAYS,
    "tenants": _ALWAYS,
    "filters": _FIVE,
    "words": _FIVE,
    "vectors": _FIVE,
    "scanning": _FIVE,
    "batches": _DEFAULTS,
    "expiry": _ALWAYS,
    "refresh": _FIVE,
    "eviction": _FIVE,
    "sizes": _ALWAYS,
    "concurrency": _ALWAYS,
    "interleaving": _ALWAYS,
    "cancellation": _ALWAYS,
    "loops": _ALWAYS,
    "endurance": _ALWAYS,
    "leaks": "What an operator asks for",
    "persistence": "Capabilities",
    "sharing": "Capabilities",
    "format": "Capabilities",
    "errors": "Errors to raise",
    "locks": "Locks",
    "counters": "Counters",
    "limits": "Limits",
    "values": "Values",
    "arguments": _TOGETHER,
    "spans": _TOGETHER,
    "names": _TOGETHER,
    "waiting": "Locks",
    "agreement": _TOGETHER,
    "capabilities": "Capabilities",
    "sequences": _ALWAYS,
}
"""The heading on the page, by topic."""
_OWNERS: tuple[type, ...] = (Adapter, *coordination.PROTOCOLS.values(), protocols.SupportsResidue)
_OF_A_TOPIC = {
    "packaging": f"axon.spi.{AdapterSpec.__name__}",
    "capabilities": f"axon.spi.{Capability.__name__}",
    "errors": "axon.core.errors",
}
ADAPTER = f"axon.spi.{Adapter.__name__}"


def documented(topic: str, verb: str) -> str:
    """What pydoc is to be asked for: the method ``verb`` where it is one of the contract, else what the topic is on."""
    for owner in _OWNERS:
        if verb in vars(owner) and not verb.startswith("_"):
            return f"axon.spi.{owner.__name__}.{verb}"
    return _OF_A_TOPIC.get(topic, ADAPTER)


def command(target: str) -> str:
    """What prints the docstring of ``target``."""
    return f"python -m pydoc {target}"


def where_to_look(*, place: str, topic: str, verb: str) -> str:
    """The check, the docstring and the section of the page, a line each."""
    return (
        f"{place} is the check\n"
        f"{command(documented(topic, verb))} prints what was promised\n"
        f'Axon\'s documentation has all of it: page "{PAGE}", section "{SECTIONS[topic]}"'
    )
