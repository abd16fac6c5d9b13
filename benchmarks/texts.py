"""Texts of about 200 bytes whose words are as unevenly common as those of a language."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from axon import MemoryEntry

_random = random.Random(20)
_LETTERS = "etaoinshrdlucmfwypvbgk"
WORDS = ["".join(_random.choices(_LETTERS, k=_random.randint(3, 9))) for _ in range(5000)]
_WEIGHTS = [1 / (rank + 1) for rank in range(len(WORDS))]


def words(count: int) -> str:
    """``count`` words, drawn by Zipf's law."""
    return " ".join(_random.choices(WORDS, weights=_WEIGHTS, k=count))


def entries(count: int) -> list[MemoryEntry]:
    """Entries of 30 words with a user, a session and two tags; every tag ``group-N`` has 20 of them."""
    now = datetime.now(UTC)
    return [
        MemoryEntry(
            text=words(30),
            tags=(f"group-{number % max(1, count // 20)}", "all"),
            user_id=f"user-{number % 20}",
            session_id=f"session-{number % 500}",
            created_at=now + timedelta(microseconds=number),
            expires_at=now + timedelta(hours=1),
        )
        for number in range(count)
    ]
