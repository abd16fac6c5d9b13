"""Why a bar is missed, as far as a profile tells: by part, and by how the names of its figures begin."""

from __future__ import annotations

_BESIDE = (
    "besides the product a recall asks twice whether another process has written, picks ten and makes entries of them: "
    "0.09 ms, and 0.15 ms where the vectors have filled the processor's cache"
)
_DELETE = (
    "0.17 ms are SQLite's work on the entry and its indexes, the rest is the disk: a wait for some ten pages of the log"
)
_CLIENT = (
    "the client's work (`make profile`): {}, where the multiplexer and asyncio alone take 3.2 us and redis-py some 55"
)

CAUSES: dict[tuple[str, str], str] = {
    ("verbs", "save without word index"): "an entry is indexed by tag, user, session and end, which the peers are not",
    ("store", "10,000: exact top-10"): f"{_BESIDE}; the product takes 0.56 ms",
    ("store", "10,000: a filter for 1 %"): f"{_BESIDE}; numpy takes 0.01 ms for a hundred rows",
    ("store", "100,000: a filter for 1 %"): _BESIDE,
    ("store", "1,000,000: a filter for 1 %"): _BESIDE,
    ("store", "1,000: durable insert"): "a wait for the disk and some ten pages of the log; 0.43 ms in the run before",
    ("store", "1,000: delete"): _DELETE,
    ("store", "10,000: delete"): _DELETE,
    ("store", "100,000: delete"): _DELETE,
    ("store", "100,000: int8 top-10"): (
        "of a product, the pass over the eight-bit rows takes 0.19 here, choosing among them 0.03, and what is beside "
        "any recall 0.05"
    ),
    ("store", "100,000: opening"): (
        "taking the vectors out of SQLite's pages, checking each and copying it takes 0.3 s also where the file is in "
        "the system's memory, reading a flat one 0.04 s; the disk itself varies by four times"
    ),
    (
        "store",
        "event loop",
    ): "it was 7 ms in other runs: one step of a recall that holds the interpreter, not a product",
    ("redis_speed", "save, 1 task"): "the script that saves takes 20 us of the server, where a SET takes 2",
    ("redis_speed", "get, 64 tasks"): _CLIENT.format(
        "making the entry 1.4 us, packing its id 0.5, the command 0.3, two coroutines the rest"
    ),
    ("redis_speed", "save of a new entry, 6"): (
        "the server's script takes 20 us for each entry and the client 18, which overlap in part; redis-py's SET "
        "takes 60"
    ),
    ("redis_speed", "save of a new entry with"): (
        "the server's script takes 60 us and more for each entry: thirty words are thirty places in the word index"
    ),
    (
        "redis_speed",
        "get_many",
    ): "the client's work: making an entry takes 1.4 us, packing its id 0.5, of 2.6 in all",
    (
        "redis_speed",
        "one-tag",
    ): "the client's work: twenty entries are made and held against the filter, in two round trips",
    ("redis_coordination", "lock and release"): (
        "it also fences, renews and cancels a body whose lock is lost: 16 us beside the adapter's own lock and unlock"
    ),
    ("redis_coordination", "limit"): _CLIENT.format("names, checks, the answer and five coroutines take 3 us"),
    ("redis_coordination", "once"): _CLIENT.format("names, checks, a random stamp and five coroutines take 4 us"),
}


def cause(part: str, name: str) -> str:
    """What is known of it; nothing where nothing is."""
    return next((text for (where, start), text in CAUSES.items() if where == part and name.startswith(start)), "")
