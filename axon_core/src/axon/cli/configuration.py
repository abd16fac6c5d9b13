"""``axon config show``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from axon.cli.opening import found_config
from axon.cli.options import PATH, format_option
from axon.cli.output import print_json
from axon.cli.text import visible
from axon.core.config import MemoryConfig
from axon.core.policies import POLICIES, TierPolicy
from axon.core.secrets import is_reference, masked


@click.group("config", invoke_without_command=True)
@click.pass_context
def configuration(context: click.Context) -> None:
    """Look at a configuration."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@configuration.command()
@click.argument("file", type=PATH, required=False)
@format_option("one document")
def show(file: Path | None, format: str) -> None:
    """Show what FILE and the environment come to.

    Defaults are shown too. Without FILE it is the one that AXON_CONFIG names, then ./axon.toml. Secrets are masked.
    """
    path = found_config(file)
    resolved = masked(_table(MemoryConfig.from_file(path)))
    if format == "json":
        print_json(resolved)
        return
    click.echo(f"# {visible(str(path))} and the environment; secrets are masked")
    for line in _toml(resolved):
        click.echo(line)


def _table(config: MemoryConfig) -> dict[str, Any]:
    """All fields of ``config``: what belongs to the whole, then the tiers that there are, then tables of settings."""
    others = {key: getattr(config, key) for key in attrs.fields_dict(MemoryConfig) if key not in POLICIES}
    tables = {key: value for key, value in others.items() if isinstance(value, Mapping)}
    values = {key: value for key, value in others.items() if key not in tables}
    return {**values, **{name: _policy(policy) for name, policy in config.tiers.items()}, **tables}


def _policy(policy: TierPolicy) -> dict[str, Any]:
    shared = attrs.fields_dict(TierPolicy)  # what all tiers share comes first in each
    return {key: getattr(policy, key) for key in {**shared, **attrs.fields_dict(type(policy))}}


def _toml(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    tables = {key: value for key, value in table.items() if isinstance(value, Mapping) and not is_reference(value)}
    for key, value in table.items():
        if value is None:
            yield f"# {_key(key)} is not set"
        elif key not in tables:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in tables.items():
        inner = f"{path}{_key(key)}"
        if any(not isinstance(item, Mapping) for item in value.values()):
            yield ""
            yield f"[{inner}]"
        yield from _toml(value, f"{inner}.")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # A string, number or boolean of JSON is one of TOML.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    bare = key.replace("-", "_").replace("_", "a")
    return key if bare.isascii() and bare.isalnum() else _value(key)
