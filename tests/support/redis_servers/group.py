"""What servers that work together have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from .server import Server


class Group:
    """Servers that are started together and end together; ready when made, and none is left where that fails."""

    def __init__(self, password: str | None) -> None:
        self.password = password
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything; any number of times."""
        self._stack.close()

    @property
    def _user(self) -> str:
        """What stands before the addresses of a URL."""
        return "" if self.password is None else f":{self.password}@"

    def _run(self, server: Server) -> Server:
        """Start it; it ends with the others."""
        return self._stack.enter_context(server)

    @contextmanager
    def _whole_or_ended(self) -> Iterator[None]:
        """Where what is done inside fails, everything that was started is ended."""
        try:
            yield
        except BaseException:
            self.close()
            raise
