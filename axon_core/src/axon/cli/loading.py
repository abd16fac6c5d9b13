"""Files into memory: everything is read and checked before anything is stored."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from axon.cli.progress import bar
from axon.core.entries import MemoryEntry
from axon.core.errors import AxonError, InvalidInput
from axon.formats.detection import read, read_lines
from axon.formats.record import Record
from axon.sync import MemorySystem

_BATCH = 500


@frozen
class Loaded:
    """What came of it."""

    tiers: dict[str, int]
    """How many entries went into each tier."""
    expired: int
    """How many were left out because their time was over."""


def read_all(files: Sequence[Path], *, textless: list[str] | None = None) -> list[Record]:
    """What is in ``files``, of which ``-`` is standard input.

    The places of messages that have no text are added to ``textless``.
    :class:`~axon.core.errors.InvalidInput` for the first thing that cannot be used.
    """
    records: list[Record] = []
    with bar("reading", "files", total=len(files)) as progress:
        for number, file in enumerate(files):
            for record in _standard_input(textless) if str(file) == "-" else read(file, textless=textless):
                records.append(record)
                progress(number, len(files), f"files, {len(records)} entries")
            progress(number + 1, len(files), f"files, {len(records)} entries")
    return records


def _standard_input(textless: list[str] | None) -> Iterator[Record]:
    try:
        return read_lines(sys.stdin.buffer, "standard input", textless=textless)
    except InvalidInput as error:  # in the first line, which tells the format
        raise InvalidInput(f"{error}; standard input can be JSON lines only: name the file of a document") from None


def load(memory: MemorySystem, records: Iterable[Record], *, tier: str | None = None) -> Loaded:
    """Store ``records`` where they belong, or all in ``tier``; of one id, the last counts."""
    now = datetime.now(UTC)
    batches: dict[str, dict[str, MemoryEntry]] = {name: {} for name in memory.tiers}
    expired = 0
    for record in records:
        target, entry = record.placed(memory.config, now, tier=tier)
        if entry.expires_at is not None and entry.expires_at <= now:
            expired += 1
        else:
            batches[target][entry.id] = entry
    loaded = Counter({name: len(entries) for name, entries in batches.items()})
    _store(memory, {name: list(entries.values()) for name, entries in batches.items()})
    return Loaded(dict(loaded), expired)


def _store(memory: MemorySystem, batches: dict[str, list[MemoryEntry]]) -> None:
    total = sum(map(len, batches.values()))
    done = 0
    with bar("storing", "entries", total=total) as progress:
        for tier, entries in batches.items():
            for start in range(0, len(entries), _BATCH):
                batch = entries[start : start + _BATCH]
                try:
                    memory.store_many(batch, tier=tier)
                except AxonError as error:
                    error.add_note(f"{done} of {total} entries were stored before; importing again does no harm")
                    raise
                done += len(batch)
                progress(done, total)
