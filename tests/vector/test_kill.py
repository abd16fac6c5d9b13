"""A process that writes is killed at random moments: what was acknowledged is there, and nothing is there by half.

``AXON_KILLS=200 pytest tests/vector/test_kill.py`` tries more moments than the suite does.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vector_writer
from vector_writer import after, entry, vector

from axon import Filter
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, iterate

KILLS = int(os.environ.get("AXON_KILLS", "20"))
PER_FILE = 10  # a file is killed this often before the next one is begun
LONGEST_PAUSE = 0.004  # seconds; a write takes a fraction of this


def killed(path: Path, chance: random.Random, version: int) -> list[Any]:
    """What a writer said before it was killed at a random moment."""
    command = [sys.executable, vector_writer.__file__, str(path), str(chance.random())[2:], str(version)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chance.choice([1, 2, 3, chance.randrange(100)]))]
        time.sleep(chance.random() * LONGEST_PAUSE)
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


@pytest.mark.parametrize("seed", range((KILLS + PER_FILE - 1) // PER_FILE))
def test_no_acknowledged_write_is_lost_and_none_is_seen_by_half(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    state: dict[str, int] = {}
    version = 0
    for _ in range(min(PER_FILE, KILLS - seed * PER_FILE)):
        pending: dict[str, int] | None = None
        for line in killed(tmp_path, chance, version):
            if isinstance(line, list):
                pending = after(state, *line)
                version = max([version, *line[1].values()])
            elif line == "done" and pending is not None:
                state, pending = pending, None
        stored = asyncio.run(whole(tmp_path, range(max(0, version - 60), version + 1)))
        assert stored in ([state] if pending is None else [state, pending])
        state = stored


async def whole(path: Path, versions: range) -> dict[str, int]:
    """The versions by id that the store at ``path`` holds, after every index was asked for every version."""
    adapter = VectorAdapter(path)
    stored = {found.id: found.metadata["version"] async for found in iterate(adapter)}
    fresh = InMemoryAdapter()
    for item in stored.items():
        assert await adapter.get(item[0]) == entry(*item)
        await fresh.save(entry(*item))
    assert await adapter.count() == len(stored)
    for version in versions:
        having = [entry_id for entry_id, found in stored.items() if found == version]
        for filter in (Filter(tags=[f"tag{version}"]), Filter(session_id=f"session{version}")):
            assert [hit.entry.id for hit in await adapter.query(Query(filter=filter))] == having
        found = await adapter.query(Query(text=f"word{version}"))
        assert [hit.entry.id for hit in found] == having
        text = f"word{version} common"
        # The scores are made of how many entries and words there are, and how many hold each word.
        assert scores(await adapter.query(Query(text=text))) == scores(await fresh.query(Query(text=text)))
    wanted = vector(versions.stop)
    expected = {i: cosine(vector(found), wanted) for i, found in stored.items() if found % 4}
    hits = await adapter.query(Query(vector=wanted))
    assert {hit.entry.id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-5)
    await adapter.close()
    return stored


def scores(hits: Any) -> list[tuple[str, float]]:
    return [(hit.entry.id, round(hit.score, 9)) for hit in hits]


def cosine(a: Any, b: Any) -> float:
    return float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))
