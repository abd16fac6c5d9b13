"""Texts of about 200 bytes whose words are as unevenly common as those of a language."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from axon import MemoryEntry

_LETTERS = "etaoinshrdlucmfwypvbgk"


def _vocabulary() -> list[str]:
    chance = random.Random(20)
    return ["".join(chance.choices(_LETTERS, k=chance.randint(3, 9))) for _ in range(5000)]


_WORDS = _vocabulary()
_WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(_WORDS))))
"""Each with those before it: added up once, since that takes longer than drawing 30 words."""


class Texts:
    """Texts by chance, the same ones for the same ``seed``: what is measured does not depend on what was before."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def words(self, count: int) -> str:
        """``count`` words, drawn by Zipf's law."""
        return " ".join(self._chance.choices(_WORDS, cum_weights=_WEIGHTS, k=count))

    def sentences(self, count: int) -> list[str]:
        """``count`` texts of 30 words."""
        return [self.words(30) for _ in range(count)]


def entries(count: int) -> list[MemoryEntry]:
    """Entries of 30 words with a user, a session and two tags; every tag ``group-N`` has 20 of them."""
    now, texts = datetime.now(UTC), Texts(count)
    return [
        MemoryEntry(
            text=texts.words(30),
            tags=(f"group-{number % max(1, count // 20)}", "all"),
            user_id=f"user-{number % 20}",
            session_id=f"session-{number % 500}",
            created_at=now + timedelta(microseconds=number),
            expires_at=now + timedelta(hours=1),
        )
        for number in range(count)
    ]
