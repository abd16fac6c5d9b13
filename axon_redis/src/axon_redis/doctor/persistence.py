"""What is left after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import counted, error, info, ok, span
from axon_redis.doctor.server import REFUSED

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.server import Server


async def of_persistence(server: Server) -> AsyncIterator[Finding]:
    """How the server keeps its data, and whether it could."""
    about = server.information
    if "rdb_last_bgsave_status" not in about:
        return
    failed = _failed(about)
    if failed:
        sentence = f"{' and '.join(failed)}: unless it is told otherwise, the server now refuses every save (MISCONF)"
        fix = f"look into its log and make room on its disk, then {server.cli('BGSAVE')}"
        yield error("persistence", sentence, fix)
        return
    plan = await server.wish("CONFIG", "GET", "save", name="config|get")
    snapshots = plan is not REFUSED and len(plan) > 1 and bool(plan[1])
    if about.get("aof_enabled") == "1":
        yield ok("persistence", "the server writes every change to a file (AOF), and starts with it")
    elif snapshots or plan is REFUSED:
        since, now = server.number("rdb_last_save_time"), server.number("server_time_usec")
        ago = "" if since is None or now is None else f", the last one {span(max(0, now / 1e6 - since))} ago"
        changes = counted(server.number("rdb_changes_since_last_save") or 0, "change")
        sentence = f"AOF is off; a restart goes back to the last snapshot{ago}, {changes} before now"
        yield info("persistence", sentence, None if snapshots else f"{server.cli('CONFIG', 'GET', 'save')} says when")
    else:
        sentence = "neither snapshots nor AOF: a restart begins with nothing, which is right for a cache only"
        yield info("persistence", sentence, f"{server.cli('CONFIG', 'SET', 'appendonly', 'yes')}, to keep entries")


def _failed(about: dict[str, str]) -> list[str]:
    names = {
        "rdb_last_bgsave_status": "the last snapshot failed",
        "aof_last_write_status": "the last write to the AOF failed",
    }
    return [sentence for field, sentence in names.items() if about.get(field) == "err"]
