"""The store of LangGraph in the memory of the process, with an index of vectors: an exact scan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from benchmarks.contenders.contract import GROUPS

_NAMESPACE = ("vectors",)


class Contender:
    """Short texts. The store takes no vectors but those of its embedder, so this one looks up what comes ready."""

    async def open(self, folder: Path, dimension: int) -> None:
        self._vectors: dict[str, list[float]] = {}
        self._store = InMemoryStore(index={"dims": dimension, "embed": self._embed, "fields": ["text"]})

    async def insert(self, first: int, matrix: Any) -> None:
        names = [str(number) for number in range(first, first + len(matrix))]
        # Lists of numbers are what the type of its embedders asks for.
        self._vectors = {f"entry number {name}": vector for name, vector in zip(names, matrix.tolist(), strict=True)}
        values = [{"text": f"entry number {name}", "group": int(name) % GROUPS} for name in names]
        await self._store.abatch([PutOp(_NAMESPACE, *item) for item in zip(names, values, strict=True)])

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        self._vectors = {"question": vector.tolist()}
        return [int(item.key) for item in await self._store.asearch(_NAMESPACE, query="question", limit=count)]

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        self._vectors = {"question": vector.tolist()}
        found = await self._store.asearch(_NAMESPACE, query="question", filter={"group": group}, limit=count)
        return [int(item.key) for item in found]

    async def close(self) -> None:
        del self._store

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [self._vectors[text] for text in texts]
