"""All commands under one, with what they share: exit codes and errors in one sentence."""

from __future__ import annotations

import sys
from typing import Any

import click

from axon.cli.adapters import adapters
from axon.cli.backup import backup, compact
from axon.cli.check import check
from axon.cli.configuration import configuration
from axon.cli.conformance import conformance
from axon.cli.demo import demo
from axon.cli.doctor import doctor
from axon.cli.failures import guarded
from axon.cli.forget import forget
from axon.cli.limit import limit
from axon.cli.lock import lock
from axon.cli.new_adapter import new_adapter
from axon.cli.reading import count, get, list_, recall
from axon.cli.reindex import reindex
from axon.cli.store import store
from axon.cli.transfer import export, import_


class Application(click.Group):
    """A group of commands whose errors are sentences on stderr."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run and exit: 0 done, 1 not done or not found, 2 wrong usage or configuration, 130 interrupted."""
        extra["standalone_mode"] = False
        sys.exit(guarded(lambda: super(Application, self).main(*args, **extra)))


@click.group(cls=Application, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="axon-core", prog_name="axon", message="%(prog)s %(version)s")
@click.pass_context
def application(context: click.Context) -> None:
    """Memory for LLM applications, in tiers.

    Commands that use a memory read its configuration from --config FILE, else from the file that AXON_CONFIG names,
    else from ./axon.toml. Exit codes: 0 done, 1 not done or not found, 2 wrong usage or configuration.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


_COMMANDS = (
    *(adapters, check, configuration, store, recall, get, list_, count, forget, import_, export),
    *(doctor, lock, limit, backup, reindex, compact, conformance, new_adapter, demo),
)
for _command in _COMMANDS:
    application.add_command(_command)
