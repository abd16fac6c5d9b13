"""Retrieval quality by evidence labels: which turns and sessions of the example chats answer which questions.

Every turn is an entry; a question is asked within its user's entries. A turn counts as found at 5 by
the share of its evidence turns among the first five entries, a session likewise by the first five sessions.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from axon import Filter, MemoryConfig, MemorySystem, SessionPolicy

EXAMPLES = Path(__file__).parent.parent / "examples"


async def measure(k: int = 5) -> dict[str, float]:
    """Recall at ``k`` of turns and sessions, and the mean reciprocal rank of the first evidence turn."""
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()))
    for line in (EXAMPLES / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        chat = json.loads(line)
        about = chat["metadata"]
        for turn, message in enumerate(chat["messages"]):
            if message["role"] != "system":
                await memory.store(
                    message["content"],
                    id=f"{about['session_id']}#{turn}",
                    user_id=about["user_id"],
                    session_id=about["session_id"],
                )
    questions = [json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    turns = sessions = reciprocal = 0.0
    for question in questions:
        hits = await memory.recall(question["question"], filter=Filter(user_id=question["user_id"]), k=200)
        ranked = [hit.id for hit in hits if hit.score > 0]
        ranked_sessions = list(dict.fromkeys(hit.split("#")[0] for hit in ranked))
        wanted = {f"{evidence['session_id']}#{evidence['turn']}" for evidence in question["evidence"]}
        wanted_sessions = {evidence["session_id"] for evidence in question["evidence"]}
        turns += len(wanted & set(ranked[:k])) / len(wanted)
        sessions += len(wanted_sessions & set(ranked_sessions[:k])) / len(wanted_sessions)
        reciprocal += next((1 / rank for rank, hit in enumerate(ranked, 1) if hit in wanted), 0.0)
    count = len(questions)
    return {f"turn recall@{k}": turns / count, f"session recall@{k}": sessions / count, "turn MRR": reciprocal / count}


def main() -> None:
    """Print the figures."""
    for name, value in asyncio.run(measure()).items():
        print(f"{name:20} {value:.3f}")


if __name__ == "__main__":
    main()
