"""A store for chat sessions: turns go in, the conversation comes out, and half an hour of silence ends it.

A demonstration, or one turn of a conversation that several processes hold; run that in two terminals:

    python examples/coordination/chat_sessions.py
    python examples/coordination/chat_sessions.py ada trip "I would like to go to Lisbon"

With ``adapter_type = "memory"`` each process sees its own turns; with "redis" each sees those of all.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from axon import Filter, MemoryEntry, MemorySystem

DEMONSTRATION = (
    ("user", "I would like to go to Lisbon in May"),
    ("assistant", "For how many nights?"),
    ("user", "Four nights, and I am allergic to feathers"),
)


class ChatSession:
    """One conversation of one user."""

    def __init__(self, memory: MemorySystem, user_id: str, session_id: str) -> None:
        self.memory = memory
        self.user_id = user_id
        self.session_id = session_id
        # Both, so that who guesses the session of somebody else finds nothing.
        self.filter = Filter(user_id=user_id, session_id=session_id)

    async def append(self, role: str, text: str) -> str:
        """Add a turn; its id."""
        return await self.memory.store(
            text, tier="session", user_id=self.user_id, session_id=self.session_id, metadata={"role": role}
        )

    async def turns(self, last: int = 100) -> list[MemoryEntry]:
        """The last turns, in order; reading them makes each live for another half hour."""
        newest_first = await self.memory.recall(tier="session", filter=self.filter, k=last)
        return sorted(newest_first, key=lambda turn: turn.created_at)

    async def recall(self, question: str, k: int = 3) -> list[MemoryEntry]:
        """The turns that answer best, the best first."""
        return list(await self.memory.recall(question, tier="session", filter=self.filter, k=k))

    async def end(self) -> int:
        """Forget the conversation; how many turns it had."""
        return await self.memory.forget(self.filter, tier="session")


async def main(user_id: str = "ada", session_id: str = "demonstration", *texts: str) -> None:
    """Add the turns of ``texts`` and show what there is; without any, a conversation from its beginning to its end."""
    async with MemorySystem.from_file(Path(__file__).with_name("axon.toml")) as memory:
        session = ChatSession(memory, user_id, session_id)
        for role, text in [("user", text) for text in texts] or DEMONSTRATION:
            await session.append(role, text)
        for turn in await session.turns():
            print(f"{turn.metadata['role']}: {turn.text}")
        if not texts:
            (best,) = await session.recall("What is she allergic to?", k=1)
            print(f"recalled: {best.text}")
            print(f"ended: {await session.end()} turns forgotten, {len(await session.turns())} left")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
