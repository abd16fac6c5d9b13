"""The adapter ``shelf`` for Axon; it is in :mod:`axon_shelf.adapter`.

Nothing is imported here: Axon imports this package to list adapters, and must not load a driver for that.
"""
