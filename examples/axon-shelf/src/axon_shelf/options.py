"""The settings, as a configuration gives them under ``adapters.shelf``."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class ShelfOptions:
    """The arguments of ShelfAdapter."""

    namespace: str = "axon"
    """Filled in by Axon with the namespace of the tier, such as ``shop:session``."""
    path: str = "shelf.db"
    """The file; its folder must be there."""
