"""For all tests."""

from __future__ import annotations

import gc


def pytest_collection_finish():
    """Leave what was made so far out of garbage collections: there are twenty thousand tests, and many collections."""
    gc.collect()
    gc.freeze()
