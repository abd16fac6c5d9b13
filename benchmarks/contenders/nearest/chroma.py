"""Chroma, the client that keeps things in a folder, with its default index: HNSW, approximate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings
from chromadb.utils.batch_utils import create_batches

from benchmarks.contenders.contract import GROUPS


class Contender:
    """A collection of vectors that come ready, by the cosine; all else of the index is as it is by default."""

    async def open(self, folder: Path, dimension: int) -> None:
        self._client = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
        # One thread for the index; Chroma has others, whose number it has no setting for.
        self._collection = self._client.create_collection(
            "vectors", configuration={"hnsw": {"space": "cosine", "num_threads": 1}}, embedding_function=None
        )

    async def insert(self, first: int, matrix: Any) -> None:
        ids = [str(number) for number in range(first, first + len(matrix))]
        groups = [{"group": number % GROUPS} for number in range(first, first + len(matrix))]
        for some, vectors, their_groups, _ in create_batches(self._client, ids, matrix, groups):
            self._collection.add(some, vectors, their_groups)

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        found = self._collection.query(query_embeddings=[vector], n_results=count, include=[])
        return [int(number) for number in found["ids"][0]]

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        found = self._collection.query(query_embeddings=[vector], n_results=count, where={"group": group}, include=[])
        return [int(number) for number in found["ids"][0]]

    async def close(self) -> None:
        self._client.close()
