"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.core.lifetimes import BY_POLICY, after

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path, allow_dash=True)

config_option = click.option(
    "--config", type=PATH, metavar="FILE", help="The configuration; default: $AXON_CONFIG, then ./axon.toml."
)


def format_option(json_is: str) -> Callable[[Command], Command]:
    """``--format``, whose help tells what JSON the command gives."""
    return click.option(
        "--format",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help=f"table is for people; json gives {json_is}.",
    )


def filter_options(command: Command) -> Command:
    """``--tier --tag --user --session --metadata``: which entries; all that are given must hold."""
    for option in (
        click.option(
            "--metadata", type=JSONObject(), metavar="JSON", help="Only entries whose metadata holds all this."
        ),
        click.option("--session", "session_id", metavar="ID", help="Only entries of this session."),
        click.option("--user", "user_id", metavar="ID", help="Only entries of this user."),
        click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only entries with this tag; repeatable."),
        click.option("--tier", "tiers", multiple=True, metavar="TIER", help="Only in this tier; repeatable."),
    ):
        command = option(command)
    return command


def as_filter(
    tags: tuple[str, ...], user_id: str | None, session_id: str | None, metadata: dict[str, Any] | None
) -> Filter | None:
    """The filter that the options describe, or ``None`` if none of them was given."""
    wanted = Filter(tags=frozenset(tags), user_id=user_id, session_id=session_id, metadata=metadata or {})
    return None if wanted.is_empty else wanted


class Seconds(click.ParamType[Any]):
    """A span in seconds, or ``never``."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A float, or ``None`` for never."""
        if value is BY_POLICY or value == "never":
            return None if value == "never" else value
        try:
            seconds = float(value)
            after(datetime.now(UTC), seconds)
        except InvalidInput:
            wanted = "a lifetime is a microsecond at least and ends before the year 10000"
            self.fail(f"{wanted}, got {value}; 'never' is the other choice", param, ctx)
        except ValueError:
            self.fail(f"{value!r} is no number of seconds; 'never' is the other choice", param, ctx)
        return seconds


class JSONObject(click.ParamType[Any]):
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The object as a dictionary."""
        if isinstance(value, dict):
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError) as error:
            self.fail(f"not valid JSON: {error}", param, ctx)
        if not isinstance(parsed, dict):
            self.fail("""expected a JSON object, such as '{"source": "mail"}'""", param, ctx)
        return parsed
