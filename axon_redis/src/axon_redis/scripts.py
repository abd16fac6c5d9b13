"""The scripts, each after the parts that it needs."""

from __future__ import annotations

from importlib.resources import files

from axon_redis.commands import Script

_FOLDER = files("axon_redis") / "lua"


def _source(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text()


def _script(name: str, *parts: str) -> Script:
    return _alone(name, _source("common"), *parts)


def _alone(name: str, *parts: str) -> Script:
    """A script that knows nothing of an index."""
    return Script(name=name, source="".join([*parts, _source(name)]))


_RECORDS, _ADDING, _REMOVING = _source("records"), _source("adding"), _source("removing")
# What most saves do not need is made where it is needed.
_REMOVING_LATER = f"""local function removing()
{_REMOVING}
return {{remove_words = remove_words, unindex = unindex, evict = evict}}
end
"""

SAVE = _script("save", _RECORDS, _ADDING, _REMOVING_LATER)
READ = _script("read")
DELETE = _script("delete", _RECORDS, _REMOVING)
DELETE_SAME = _script("delete_same", _RECORDS, _REMOVING)
SEARCH = _script("search")
SCAN = _script("scan")
STATISTICS = _script("statistics", _RECORDS, _REMOVING)
TRIM = _script("trim", _RECORDS, _REMOVING)
COUNT = _script("count")
CLEAR = _script("clear", _RECORDS, _REMOVING)
PRUNE = _script("prune", _RECORDS, _REMOVING)
REBUILD = _script("rebuild", _RECORDS, _ADDING)
CONFIRM = _script("confirm")

LOCK = _alone("lock", _source("replicas"))
RENEW = _alone("renew", _source("replicas"))
UNLOCK = _alone("unlock")
INCREMENT = _alone("increment")
ALLOW = _alone("allow", _source("window"))
USED = _alone("used", _source("window"))
SWAP = _alone("swap")
