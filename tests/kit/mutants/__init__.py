"""Adapters with one fault each, of the kind that real ones have: the proof that the conformance kit can fail.

A mutant is a small class over the in-memory adapter. What it is caught by is the check that has to name its fault.
"""

from __future__ import annotations

from mutants import (  # noqa: F401  # where mutants are registered, in this order
    agreement,
    arguments,
    batches,
    concurrency,
    contract,
    counters,
    deleting,
    endurance,
    errors,
    eviction,
    expiry,
    fields,
    filters,
    hits,
    identity,
    interleaving,
    leaks,
    limits,
    locks,
    metadata,
    names,
    persistence,
    refresh,
    saving,
    scanning,
    spans,
    tenants,
    updating,
    values,
    vectors,
    waiting,
    words,
)
from mutants.registration import registered

MUTANTS = registered()
