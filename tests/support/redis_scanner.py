"""A process that goes on with a scan: ``redis_scanner.py PORT CURSOR`` prints the ids that it finds."""

from __future__ import annotations

import asyncio
import json
import sys

from axon_redis.adapter import RedisAdapter


async def rest(port: int, cursor: str | None) -> list[str]:
    """The ids from ``cursor`` on."""
    adapter = RedisAdapter("127.0.0.1", port)
    found: list[str] = []
    while cursor is not None:
        page = await adapter.scan(cursor)
        found += [entry.id for entry in page.entries]
        cursor = page.cursor
    await adapter.close()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(rest(int(sys.argv[1]), sys.argv[2]))))
