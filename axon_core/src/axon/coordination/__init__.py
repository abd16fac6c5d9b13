"""What tasks and processes agree on through a memory: locks, limits, once, flags, activities, cached functions.

Each module has one of the objects that :class:`~axon.MemorySystem` hands out; :mod:`axon.spi.coordination` is what they
ask of a store.
"""
