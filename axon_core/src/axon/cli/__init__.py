"""The command ``axon``."""

from __future__ import annotations

import sys

_NEEDED = ("click", "rich")


def main() -> None:
    """Run the command with the arguments of the process, and exit; without click, one sentence and code 2."""
    try:
        import rich  # noqa: F401  # first drawn with deep inside of a command, too late for a good sentence

        from axon.cli.application import application
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        sys.stderr.write(f'axon: error: the command needs {error.name}: pip install "axon-core[cli]"\n')
        raise SystemExit(2) from None
    application(prog_name="axon")
