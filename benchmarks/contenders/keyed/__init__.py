"""Contenders that keep values under keys; each module has a class ``Contender``, as :class:`~.contract.Keyed` says."""
