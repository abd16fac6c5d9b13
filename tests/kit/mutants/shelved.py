"""The in-memory adapter with its values in a file that every process of the namespace reads: right about values."""

from __future__ import annotations

import fcntl
import pickle
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.expiring import Expiring


@frozen(kw_only=True)
class ShelvedOptions:
    """Where the file is."""

    namespace: str = "axon"
    folder: str = "."


class Shelved(InMemoryAdapter):
    """Other processes see its values. It goes by the real time, as they do."""

    options = "mutants.shelved:ShelvedOptions"
    declares = ("text_search", "vector_search", "values", "shared")
    settings: ClassVar[dict[str, Any]] = {"folder": "{tmp_path}"}

    def __init__(self, *, namespace: str = "axon", folder: str = ".") -> None:
        super().__init__(namespace=namespace)
        self.path = Path(folder) / sha256(self.namespace.encode("utf-8", "surrogatepass")).hexdigest()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Alone with the file; what is changed inside is written in the end."""
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            raw = file.read()
            self._values = pickle.loads(raw) if raw else Expiring(time.time)
            yield
            file.truncate(0)
            file.write(pickle.dumps(self._values))

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        with self.alone():
            await super().put(name, value, ttl=ttl)

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        with self.alone():
            return await super().swap(name, old, new, ttl=ttl)

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        with self.alone():
            return await super().values(names)

    async def drop(self, name: str) -> bool:
        with self.alone():
            return await super().drop(name)
