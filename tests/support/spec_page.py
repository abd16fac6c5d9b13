"""The page that started the project, and its code blocks as they are written there.

``tests/spec/redis-adapter-page.txt`` is the page as text, without a mark where code begins. A block is therefore given
here by its first and its last line; nothing of its content stands anywhere else than on the page.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "spec" / "redis-adapter-page.txt"

_ENDS = {
    "installation": ("# Install Redis client", "docker run -d -p 6379:6379 redis:latest"),
    "basic usage": ("from axon import MemorySystem", "# Auto-expires after 60 seconds"),
    "basic configuration": ("from axon.adapters.redis import RedisAdapter", ")"),
    "environment variables": ("export REDIS_HOST=localhost", "export REDIS_PASSWORD=your-password"),
    "connection pooling": ("# Recommended for production", ")"),
    "ttl-based expiration": ("# Store with 60-second TTL", "assert len(results) == 0"),
    "namespace isolation": ("# Different namespaces for different users", "# Data isolated by namespace"),
    "distributed access": ("# Process 1", "# Returns results ✓"),
    "rate limiting": ("async def check_rate_limit(user_id: str) -> bool:", "    return True"),
    "session management": ("# Store session data", "# Auto-expires after TTL (e.g., 30 minutes)"),
    "cache warming": ("# Pre-populate cache", 'results = await memory.recall("query", tier="ephemeral")'),
    "which tiers": ("# ✓ Good", 'persistent=PersistentPolicy(adapter_type="redis")  # No vector search!'),
    "which ttls": ("# ✓ Good TTLs", "ephemeral: 86400 seconds  # Use session instead"),
    "use connection pooling": ("# ✓ Good", "adapter = RedisAdapter(max_connections=1)"),
    "monitor memory": ("# Redis CLI", "redis-cli INFO | grep used_memory_human"),
    "redis configuration": ("# redis.conf", "timeout 0"),
    "high availability": ("# Redis Sentinel for HA", "master = sentinel.master_for('mymaster', socket_timeout=0.1)"),
    "redis cluster": ("# Redis Cluster for horizontal scaling", "rc = RedisCluster(host='localhost', port=7000)"),
    "connection refused": ("# Check Redis is running", "# Expected: PONG"),
    "out of memory": ("# Check memory usage", "maxmemory-policy allkeys-lru"),
    "slow operations": ("# Enable slow log", "redis-cli SLOWLOG GET 10"),
    "migration": ("# No data migration needed", ")"),
}
"""First and last line of each block, in the order of the page."""


def _found() -> tuple[dict[str, str], list[str]]:
    """The blocks by name, and the lines that are in none."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    blocks: dict[str, str] = {}
    prose: list[str] = []
    at = 0
    for name, (first, last) in _ENDS.items():
        start = lines.index(first, at)
        end = lines.index(last, start) + 1
        prose += lines[at:start]
        blocks[name] = "\n".join(lines[start:end]) + "\n"
        at = end
    return blocks, prose + lines[at:]


BLOCKS, PROSE = _found()


async def run(name: str, names: dict[str, Any], only: int | None = None) -> dict[str, Any]:
    """Run a block of Python as it is written, with ``names`` to find and to leave names in; gives ``names``.

    ``only`` is the number of the one statement to run, for what the page shows as the work of two processes.
    """
    tree = ast.parse(BLOCKS[name], PAGE.name)
    if only is not None:
        tree.body = [tree.body[only]]
    code = compile(tree, PAGE.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        await result
    return names
