"""Time that passes on a Redis server without anybody waiting: what is stored there comes nearer to its end."""

from __future__ import annotations

import math
from typing import Any


def pass_time(client: Any, seconds: float) -> None:
    """Let ``seconds`` pass for every key of the database that ``client`` (of redis-py, not asyncio) is connected to.

    A key that has a TTL has so much less, or is gone; so are the moments at which the adapter's index (the sorted sets
    whose names end in ``}:x``) expects entries to expire. The clocks of the server and of the adapter do not move: what
    an entry says of itself stays as it was.
    """
    milliseconds = round(seconds * 1000)
    for key in list(client.scan_iter(count=1000)):
        left = client.pttl(key)
        if left >= 0:
            client.pexpire(key, left - milliseconds)  # at 0 and below it is deleted
        if key.endswith(b"}:x" if isinstance(key, bytes) else "}:x") and client.type(key) in {b"zset", "zset"}:
            due = client.zrange(key, 0, -1, withscores=True)
            earlier = {member: score - milliseconds for member, score in due if math.isfinite(score)}
            if earlier:
                client.zadd(key, earlier)
