"""``axon check``."""

from __future__ import annotations

from pathlib import Path

import click
from attrs import field, frozen

from axon.cli.failures import NOT_DONE
from axon.cli.opening import found_config
from axon.cli.options import PATH, format_option
from axon.cli.output import print_json
from axon.cli.text import visible
from axon.core.errors import AxonError, ConfigError
from axon.core.registry import default_registry
from axon.sync import MemorySystem


@frozen
class _Findings:
    problems: list[str] = field(factory=list)
    advice: list[str] = field(factory=list)


@click.command()
@click.argument("file", type=PATH, required=False)
@format_option("one document")
@click.pass_context
def check(context: click.Context, file: Path | None, format: str) -> None:
    """Say what is wrong with a configuration.

    It says what is unwise, too. Without FILE it is that of AXON_CONFIG, or ./axon.toml. The variables of the
    environment that would override it count. Nothing connects. Exits with 1 if there are problems; advice alone is 0.
    """
    file = found_config(file)
    findings = _findings(file)
    if format == "json":
        document = {"file": str(file), "ok": not findings.problems}
        print_json({**document, "problems": findings.problems, "advice": findings.advice})
    else:
        for label, sentences in (("error", findings.problems), ("advice", findings.advice)):
            for sentence in sentences:
                click.echo(f"{label}: {visible(sentence)}")
        if not findings.problems:
            click.echo(f"{visible(str(file))}: ok")
    if findings.problems:
        context.exit(NOT_DONE)


def _findings(file: Path) -> _Findings:
    try:
        with MemorySystem.from_file(file) as memory:
            return _Findings(advice=default_registry().advice(memory.config))
    except ConfigError as error:
        return _Findings(list(error.problems))
    except AxonError as error:
        return _Findings([str(error)])
