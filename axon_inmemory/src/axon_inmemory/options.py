"""The settings of the in-memory adapter, as a configuration file gives them."""

from __future__ import annotations

from attrs import frozen

from axon.core.policies import Eviction


@frozen(kw_only=True)
class InMemoryOptions:
    """The arguments of :class:`~axon_inmemory.InMemoryAdapter`."""

    namespace: str = "axon"
    max_entries: int | None = None
    eviction: Eviction = "oldest"
    refresh_on_read: bool = False
    text_index: bool = True
    language: str = "english"
