"""The adapter ``vector`` keeps the contract."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from axon.testing import AdapterConformance


class TestVector(AdapterConformance):
    adapter = "vector"
    settings: ClassVar = {"path": "{tmp_path}", "synchronous": "normal"}
    unreachable: ClassVar = {"path": "/dev/null/nothing"}
    golden = Path(__file__).parent / "golden" / "vector"
