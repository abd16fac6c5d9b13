"""``python -m benchmarks.quality``: print the tables and write them into the page of the documentation."""

from __future__ import annotations

import asyncio

from benchmarks.quality import measure
from benchmarks.quality.page import PAGE, updated

if __name__ == "__main__":
    tables = asyncio.run(measure())
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    for name, table in tables.items():
        print(f"\n{name}\n\n{table}")
