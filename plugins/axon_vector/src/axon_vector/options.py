"""The settings of the vector adapter, as a configuration file gives them."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from axon.core.policies import Eviction

Synchronous = Literal["full", "normal"]
Scan = Literal["exact", "int8"]


@frozen(kw_only=True)
class VectorOptions:
    """The arguments of :class:`~axon_vector.VectorAdapter`."""

    path: str | None = None
    namespace: str = "axon"
    max_entries: int | None = None
    eviction: Eviction = "oldest"
    refresh_on_read: bool = False
    language: str = "english"
    synchronous: Synchronous = "full"
    scan: Scan = "exact"
    busy_timeout: float = 10.0
    embedder: str | None = None
