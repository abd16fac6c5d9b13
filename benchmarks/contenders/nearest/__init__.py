"""Contenders that find the nearest vectors; each module has a class ``Contender``: see :class:`~.contract.Nearest`."""
