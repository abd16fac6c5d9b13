"""``axon import`` and ``axon export``."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from axon.cli.failures import NotDone, note
from axon.cli.loading import load, read_all
from axon.cli.opening import note_volatile, opened_memory
from axon.cli.options import PATH, config_option, format_option
from axon.cli.output import Placed, carries_unicode, print_json, print_table
from axon.cli.progress import bar
from axon.cli.reading import scanned
from axon.core.errors import InvalidInput
from axon.formats.entries import encode
from axon.sync import MemorySystem


@click.command("import")
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE...")
@click.option("--tier", metavar="TIER", help="Where; left out, what an entry's line says, else importance.")
@config_option
@format_option("one document")
def import_(files: tuple[Path, ...], tier: str | None, config: Path | None, format: str) -> None:
    """Remember what is in files.

    What axon export wrote and chats as OpenAI's {"messages": [...]} are read from .jsonl or .ndjson, documents by
    their sections from .md or .markdown, and by their paragraphs from .txt. FILE - stands for such JSON lines on
    standard input.

    Nothing is stored unless all files can be used. A file may be imported again: its entries keep their ids.
    """
    textless: list[str] = []
    with opened_memory(config) as memory:
        try:
            loaded = load(memory, read_all(files, textless=textless), tier=tier)
        except InvalidInput as error:
            raise NotDone(f"{error}; nothing was imported") from error
    if format == "json":
        print_json({"tiers": loaded.tiers, "expired": loaded.expired, "textless": len(textless)})
    else:
        print_table(("tier", "entries"), [(name, str(number)) for name, number in loaded.tiers.items()])
    if loaded.expired:
        note(f"{loaded.expired} more had expired and were left out")
    if textless:
        what = "1 message" if len(textless) == 1 else f"{len(textless)} messages"
        note(f"{what} without text left out; the first: {textless[0]}")
    note_volatile(memory.config, [name for name, number in loaded.tiers.items() if number])


@click.command()
@click.argument("file", type=PATH, default="-")
@config_option
def export(file: Path, config: Path | None) -> None:
    """Write all entries as lines of JSON.

    To FILE or, without one, to standard output. A FILE that is there is replaced once all is written. axon import
    reads it back exactly.
    """
    with opened_memory(config) as memory:
        if str(file) == "-":
            # Not beside lines that run over the screen themselves.
            with closing(_counted(memory, shown=not sys.stdout.isatty())) as entries:
                for tier, entry in entries:
                    click.echo(encode(entry, tier=tier, ascii=not carries_unicode()))
            return
        with (
            _replaced(file) as partial,
            partial.open("w", encoding="utf-8", newline="\n") as lines,
            closing(_counted(memory)) as entries,
        ):
            for tier, entry in entries:
                lines.write(encode(entry, tier=tier) + "\n")


def _counted(memory: MemorySystem, *, shown: bool = True) -> Generator[Placed, None, None]:
    """Every entry, under a bar that tells how many of all were taken; closed, it takes the bar away."""
    with bar("exporting", "entries", shown=shown) as progress:
        total = memory.count() if progress.shown else 0
        for done, placed in enumerate(scanned(memory, (), None)):
            progress(done, total)
            yield placed
        progress(total, total)


@contextmanager
def _replaced(file: Path) -> Iterator[Path]:
    """A file to write beside ``file``, which takes its place if all goes well."""
    if file.exists() and not file.is_file():  # a device or a pipe, or a directory, which will say so
        yield file
        return
    target = file.resolve()
    partial = target.with_name(f"{target.name}.part")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
