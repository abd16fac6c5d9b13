"""Fixtures of running servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Literal

import pytest


def running(start: Callable[[], AbstractContextManager[Any]], scope: Literal["function", "module"] = "function") -> Any:
    """A fixture that gives what ``start`` starts, and ends it after its scope."""

    @pytest.fixture(scope=scope)
    def fixture() -> Iterator[Any]:
        with start() as it:
            yield it

    return fixture
