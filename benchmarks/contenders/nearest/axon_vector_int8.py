"""Our adapter ``vector`` which narrows the rows by an eight-bit pass first: what is found is exact."""

from __future__ import annotations

from benchmarks.contenders.nearest import axon_vector


class Contender(axon_vector.Contender):
    """The same file, read with the extra ``int8``."""

    scan = "int8"
