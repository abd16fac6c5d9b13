"""What goes wrong, as sentences on stderr and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from axon.cli.text import visible
from axon.core.errors import AxonError, ConfigError, InvalidInput, PluginError

NOT_DONE = 1
WRONG_USAGE = 2
INTERRUPTED = 130


class NotDone(click.ClickException):
    """What was asked could not be done: one sentence, exit code 1."""

    exit_code = NOT_DONE


def guarded(run: Callable[[], Any]) -> int:
    """The exit code of ``run``; what it raises has become sentences by then."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # what it cannot carry is escaped, not an error
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("AXON_DEBUG") == "1" and not isinstance(error, AxonError | click.ClickException):
            raise
        for problem in _problems(error):
            report(problem)
        return _code(error)
    return code if isinstance(code, int) else 0


def report(problem: str) -> None:
    """One line on stderr."""
    click.echo(f"axon: error: {visible(problem)}", err=True)


def note(sentence: str) -> None:
    """One line on stderr about something that is no error."""
    click.echo(f"axon: note: {visible(sentence)}", err=True)


def _problems(error: Exception) -> list[str]:
    match error:
        case click.UsageError(ctx=click.Context() as context):
            message = error.format_message().rstrip(".")
            return [message if message.endswith("?") else f"{message}; see {context.command_path} --help"]
        case click.ClickException():
            return [error.format_message()]
        case ConfigError():
            return list(error.problems)
        case AxonError():
            return [str(error), *getattr(error, "__notes__", ())]
        case OSError(strerror=str() as reason):
            return [f"{error.filename}: {reason}" if error.filename else reason]
    return [f"unexpected {type(error).__name__}: {error}; AXON_DEBUG=1 shows where it happened"]


def _code(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        return error.exit_code
    return WRONG_USAGE if isinstance(error, ConfigError | PluginError | InvalidInput) else NOT_DONE
