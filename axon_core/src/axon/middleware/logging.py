"""A structured log record for every call of every tier."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from time import perf_counter
from typing import Any, Literal

from attrs import frozen

from axon.core.entries import MemoryEntry
from axon.core.errors import WrongType
from axon.spi.middleware import Call, Proceed
from axon.spi.query import Query

Level = Literal["debug", "info", "warning"]
Outcome = Literal["ok", "failed", "cancelled"]

logger = logging.getLogger("axon.calls")


@frozen(kw_only=True)
class LoggingOptions:
    """The settings in ``{ name = "logging", level = "info", text = true }``."""

    level: Level = "debug"
    """The level of calls that succeed or are cancelled; those that fail are logged as errors."""
    text: bool = False
    """Whether the text of entries and queries is logged. Memories are private: off unless asked for."""


class LoggingMiddleware:
    """Logs to ``axon.calls``; verb, tier, adapter, milliseconds and count are attributes of the record.

    A record carries ``axon_verb``, ``axon_tier``, ``axon_adapter``, ``axon_ms``, ``axon_count`` (entries that
    went in or came out), ``axon_outcome`` (``ok``, ``failed`` or ``cancelled``) and, where it failed,
    ``axon_error``. Texts and ids are logged with ``text=True`` only.
    """

    def __init__(self, *, level: Level = "debug", text: bool = False) -> None:
        numbers = logging.getLevelNamesMapping()
        if level.upper() not in numbers:
            raise WrongType(f"level must be debug, info or warning, got {level!r}")
        self._level = numbers[level.upper()]
        self._text = text

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        """Log the call once it has ended, whichever way."""
        start = perf_counter()
        try:
            result = await proceed(call)
        except CancelledError:  # whoever asked no longer wants to know, which is nobody's fault
            self._log(self._level, call, start, "cancelled")
            raise
        except BaseException as error:
            self._log(logging.ERROR, call, start, "failed", error=type(error).__name__)
            raise
        self._log(self._level, call, start, "ok", result=result)
        return result

    def _log(
        self, level: int, call: Call, start: float, outcome: Outcome, *, result: Any = None, error: str | None = None
    ) -> None:
        if not logger.isEnabledFor(level):
            return
        milliseconds = (perf_counter() - start) * 1000
        count = _count(call, result) if outcome == "ok" else 0
        subject = _subject(call.argument) if self._text else ""
        logger.log(
            level,
            "%s %s (%s): %s in %.2f ms%s",
            call.tier,
            call.verb,
            call.adapter,
            f"{count}" if outcome == "ok" else f"{outcome}: {error}" if error else outcome,
            milliseconds,
            f": {subject}" if subject else "",
            extra={
                "axon_verb": call.verb,
                "axon_tier": call.tier,
                "axon_adapter": call.adapter,
                "axon_ms": milliseconds,
                "axon_count": count,
                "axon_outcome": outcome,
                "axon_error": error,
            },
        )


def _count(call: Call, result: Any) -> int:
    if isinstance(result, bool | int):
        return int(result)
    if result is None:
        return len(call.argument) if call.verb == "store" else 0
    if call.verb == "scan":
        return len(result.entries)
    return sum(item is not None for item in result) if isinstance(result, list | tuple) else 1


def _subject(argument: Any) -> str:
    if isinstance(argument, Query):
        return repr(argument.text)
    if isinstance(argument, list):
        return ", ".join(repr(item.text) if isinstance(item, MemoryEntry) else repr(item) for item in argument)
    return "" if argument is None else repr(argument)
