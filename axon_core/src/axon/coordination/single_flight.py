"""Of several who ask for the same at once, one goes and all get what it brings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Calls by key, which share what one of them finds: its result or its error.

    Who is cancelled leaves the others alone: should it be the one who went, the next one goes.
    """

    def __init__(self) -> None:
        self._lock = Lock()  # event loops of several threads come and go
        self._flights: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Future[Result]]]
        self._flights = WeakKeyDictionary()

    async def run(self, key: str, function: Callable[[], Awaitable[Result]]) -> Result:
        """What ``function`` gives, or what it gives to another who asks for ``key`` at this moment."""
        flights = self._here()
        while (flight := flights.get(key)) is not None:
            await asyncio.wait([flight])
            if not flight.cancelled():
                return flight.result()
        flight = flights[key] = asyncio.get_running_loop().create_future()
        try:
            result = await function()
        except Exception as error:
            flight.set_exception(error)
            flight.exception()  # nobody need be there who looks at it
            raise
        except BaseException:
            flight.cancel()
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            if flights.get(key) is flight:
                del flights[key]

    def leave(self, *keys: str) -> None:
        """Let nobody who asks from now on, in any loop, get what is under way for ``keys``; or for any without them."""
        with self._lock:
            everywhere = list(self._flights.values())
        for flights in everywhere:
            for key in keys or list(flights):
                flights.pop(key, None)

    def _here(self) -> dict[str, asyncio.Future[Result]]:
        with self._lock:
            return self._flights.setdefault(asyncio.get_running_loop(), {})
