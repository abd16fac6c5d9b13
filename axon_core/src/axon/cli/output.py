"""Tables for people, aligned columns for pipes, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from axon.cli.text import legible, shortened, visible
from axon.core.entries import MemoryEntry, RecalledEntry
from axon.formats.entries import encode

if TYPE_CHECKING:
    from rich.console import Console

    from axon.spi.query import Explanation

_PLAIN_WIDTH = 100
_LONGEST_ON_SCREEN = 400
Placed = tuple[str, MemoryEntry]
"""An entry and the name of the tier that has it."""


def console() -> Console:
    """One on stdout: with style on a terminal, bare text elsewhere."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        force_terminal=terminal,
        width=None if terminal else _PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_json(document: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=not carries_unicode()))


def carries_unicode() -> bool:
    """Whether stdout can carry every character."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere columns that blanks keep apart, nothing cut off."""
    cells = [[visible(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, cells)
    else:
        _plain_table(columns, cells)


def print_entries(found: Iterable[Placed], format: str) -> None:
    """Entries with their tier and, where they were recalled, their score: JSON lines or a table."""
    if format == "json":
        for tier, entry in found:
            click.echo(_json(tier, entry))
    elif sys.stdout.isatty():
        _blocks(list(found))
    else:
        _plain_entries(list(found))


def print_entry(tier: str, entry: MemoryEntry, format: str) -> None:
    """All of one entry."""
    if format == "json":
        click.echo(_json(tier, entry))
        return
    facts = {
        "id": entry.id,
        "tier": tier,
        "user": entry.user_id,
        "session": entry.session_id,
        "tags": ", ".join(sorted(entry.tags)),
        "importance": f"{entry.importance:g}",
        "created": entry.created_at.isoformat(timespec="seconds"),
        "expires": "never" if entry.expires_at is None else entry.expires_at.isoformat(timespec="milliseconds"),
        "metadata": json.dumps(entry.metadata, ensure_ascii=False) if entry.metadata else None,
        "embedding": f"{len(entry.embedding)} dimensions" if entry.embedding else None,
    }
    shown = console()
    for name, value in facts.items():
        if value:
            shown.print(f"{name:<11}{visible(value)}", soft_wrap=True)
    shown.print()
    shown.print(legible(entry.text), soft_wrap=True)


def _json(tier: str, entry: MemoryEntry) -> str:
    score = entry.score if isinstance(entry, RecalledEntry) else None
    line = encode(entry, tier=tier, score=score, ascii=not carries_unicode())
    why = _explanation(entry)
    if why is None:
        return line
    return f'{line[:-1]}, "explanation": {json.dumps(attrs.asdict(why), ensure_ascii=not carries_unicode())}}}'


def _explanation(entry: MemoryEntry) -> Explanation | None:
    return entry.explanation if isinstance(entry, RecalledEntry) else None


def _plain_entries(found: Sequence[Placed]) -> None:
    if not found:
        return
    columns = ["tier", "id", "user", "session", "text"]
    rows = [[tier, entry.id, entry.user_id or "-", entry.session_id or "-", entry.text] for tier, entry in found]
    if isinstance(found[0][1], RecalledEntry):
        columns = ["score", *columns]
        rows = [[_score(entry), *row] for (_, entry), row in zip(found, rows, strict=True)]
        if _explanation(found[0][1]) is not None:
            columns = [*columns, "why"]
            rows = [[*row, str(_explanation(entry))] for (_, entry), row in zip(found, rows, strict=True)]
    print_table(columns, rows)


def _blocks(found: Sequence[Placed]) -> None:
    """For each entry its text, and below, in a line of their own, the id and whose it is."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    scored = bool(found) and isinstance(found[0][1], RecalledEntry)
    if scored:
        table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(style="green", no_wrap=True)
    table.add_column(overflow="fold")
    for tier, entry in found:
        below = [entry.id, entry.user_id, entry.session_id, *(f"#{tag}" for tag in sorted(entry.tags))]
        memory = Text(shortened(visible(entry.text), _LONGEST_ON_SCREEN))
        memory.append("\n" + "  ".join(visible(fact) for fact in below if fact), style="dim")
        if why := _explanation(entry):
            memory.append(f"\n{visible(str(why))}", style="cyan")
        table.add_row(*([_score(entry)] if scored else []), tier, memory)
    console().print(table)


def _score(entry: MemoryEntry) -> str:
    return f"{entry.score:.2f}" if isinstance(entry, RecalledEntry) else ""


def _rich_table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", style="bold" if position == 0 else "")
    for row in cells:
        table.add_row(*map(Text, row))
    console().print(table)


def _plain_table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len

    rows = [columns, *cells]
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows:
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())
