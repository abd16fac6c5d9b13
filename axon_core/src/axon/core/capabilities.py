"""What an adapter can do beyond the contract that every adapter fulfils."""

from __future__ import annotations

from enum import StrEnum


class Capability(StrEnum):
    """A promise that an adapter declares in its spec and the conformance kit puts to the test."""

    TTL = "ttl"
    """Honours ``expires_at`` by itself, below the second."""
    TEXT_SEARCH = "text_search"
    """Selects and ranks by the words of a query."""
    VECTOR_SEARCH = "vector_search"
    """Selects and ranks by an embedding."""
    LOCKS = "locks"
    """Distributed locks."""
    COUNTERS = "counters"
    """Atomic counters."""
    LIMITS = "limits"
    """Rate limits that are never exceeded."""
    VALUES = "values"
    """Values by name that are compared and changed in one step."""
    TRANSACTIONS = "transactions"
    """Several writes that happen together or not at all."""
    PERSISTENCE = "persistence"
    """Survives a restart of the process."""
    SHARED = "shared"
    """Other processes see the same entries."""
