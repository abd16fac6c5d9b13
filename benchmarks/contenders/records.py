"""The records that all contenders keep: about 400 bytes, of which 200 are text."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

_LETTERS = "etaoinshrdlucmfwypvbgk"


def first() -> dict[str, Any]:
    """A record for who needs one alone."""
    return {
        "text": "Anna likes tea in the morning, and coffee after lunch.",
        "tags": ["chat"],
        "user_id": "user-1",
        "session_id": "session-1",
        "importance": 0.5,
        "created_at": datetime.now(UTC).isoformat(),
    }


class Records:
    """As many different records as somebody asks for, the same ones each time."""

    def __init__(self) -> None:
        chance = random.Random(20)
        words = ["".join(chance.choices(_LETTERS, k=chance.randint(3, 9))) for _ in range(5000)]
        weights = [1 / (rank + 1) for rank in range(len(words))]
        self._texts = [" ".join(chance.choices(words, weights=weights, k=30)) for _ in range(2000)]
        self._at = datetime.now(UTC).isoformat()

    def record(self, number: int) -> dict[str, Any]:
        """The one of this number, as plain values."""
        return {
            "text": f"{self._texts[number % len(self._texts)]} {number}",  # nobody gets it for nothing
            "tags": ["chat", f"topic-{number % 100}"],
            "user_id": f"user-{number % 500}",
            "session_id": f"session-{number % 800}",
            "importance": 0.5,
            "created_at": self._at,
        }
