"""The scripts that change and search an index, each with what they have in common before it."""

from __future__ import annotations

from importlib.resources import files

from axon_redis.link import Script

_FOLDER = files("axon_redis") / "lua"
_COMMON = (_FOLDER / "common.lua").read_text()


def _script(name: str) -> Script:
    return Script(name=name, source=_COMMON + (_FOLDER / f"{name}.lua").read_text())


SAVE = _script("save")
READ = _script("read")
DELETE = _script("delete")
DELETE_SAME = _script("delete_same")
SEARCH = _script("search")
STATISTICS = _script("statistics")
TRIM = _script("trim")
COUNT = _script("count")
CLEAR = _script("clear")
PRUNE = _script("prune")
REBUILD = _script("rebuild")
CONFIRM = _script("confirm")
