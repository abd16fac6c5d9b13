"""A golden folder: what this version of an adapter stores, for later versions to read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from axon.core.errors import InvalidInput
from axon.testing.checks.format import NAMESPACE, entries_of
from axon.testing.subject import Subject


def write_golden(subject: Subject, folder: Path) -> None:
    """Fill ``folder``, which is empty or not there, with the entries of the kit, as ``{tmp_path}`` of the adapter."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty: a golden folder is made once, and another one for another format")
    folder.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {"namespace": NAMESPACE} if subject.knows("namespace") else {}
    adapter = subject.build(folder, given)

    async def fill() -> None:
        await adapter.save_many(entries_of(subject))
        await adapter.close()

    asyncio.run(fill())
    if not any(folder.iterdir()):
        raise InvalidInput(
            f"the adapter {subject.spec.name!r} stored nothing in {folder}: "
            "its settings must keep the data under {tmp_path}"
        )
