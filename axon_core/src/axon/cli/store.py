"""``axon store``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from axon.cli.opening import note_volatile, opened_memory
from axon.cli.options import JSONObject, Seconds, config_option, format_option
from axon.cli.output import print_json
from axon.core.entries import IMPORTANCE
from axon.core.errors import InvalidInput
from axon.core.lifetimes import BY_POLICY
from axon.core.routing import route


@click.command()
@click.argument("text")
@click.option("--tier", metavar="TIER", help="Where; left out, importance decides.")
@click.option(
    "--importance", type=float, default=IMPORTANCE, show_default=True, metavar="0..1", help="How much it matters."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; repeatable.")
@click.option("--user", "user_id", metavar="ID", help="Whose memory it is.")
@click.option("--session", "session_id", metavar="ID", help="The session that it is from.")
@click.option("--metadata", type=JSONObject(), metavar="JSON", help="A JSON object to keep with it.")
@click.option("--ttl", type=Seconds(), default=BY_POLICY, metavar="SECONDS|never", help="If not the tier's.")
@click.option("--id", "entry_id", metavar="ID", help="An id of your own; the same id again replaces the entry.")
@config_option
@format_option("one document with the id and the tier")
def store(
    text: str,
    *,
    tier: str | None,
    importance: float,
    entry_id: str | None,
    config: Path | None,
    format: str,
    **more: Any,
) -> None:
    """Remember TEXT.

    TEXT - stands for what comes on standard input. A text that begins with a hyphen goes behind two of them:
    axon store -- "-5 degrees". The id of the new entry is printed.
    """
    content = _standard_input() if text == "-" else text
    with opened_memory(config) as memory:
        stored = memory.store(content, tier=tier, importance=importance, id=entry_id, **more)
        target = tier or route(importance, memory.tiers)
    if format == "json":
        print_json({"id": stored, "tier": target})
    else:
        click.echo(stored)
    note_volatile(memory.config, [target])


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"standard input is not UTF-8 at byte {error.start}") from None
