"""cashews on Redis."""

from __future__ import annotations

from benchmarks.contenders.keyed import cashews_memory


class Contender(cashews_memory.Contender):
    """Values pickled, which is its default."""

    async def open(self, port: int | None) -> None:
        # With the default of ten connections 64 tasks wait for one.
        # Errors would be swallowed, and what failed counted as done. A copy on the client's side (client_side=True)
        # is not asked for: what is measured is what comes from the server.
        self._cache.setup(f"redis://localhost:{port or 6379}", max_connections=1024, suppress=False)
        await self._cache.init()
