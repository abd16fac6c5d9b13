"""What tests of a MemoryEntry share: an entry of one text, a moment, and a number that is too large."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from axon import MemoryEntry

HUGE = pytest.param(10**5000, id="huge")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(**values: object) -> MemoryEntry:
    return MemoryEntry(**{"text": "a walk in the park", **values})
