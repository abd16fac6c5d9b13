"""What is told of bars by hand: why a figure misses one, and which tests prove those that are no figures."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen


@frozen
class Cause:
    """Why bars are missed, as far as a profile tells."""

    part: str
    figures: Sequence[str]
    """How the names of the figures begin."""
    text: str


@frozen
class Proof:
    """A bar that is met or missed, which no figure tells."""

    bar: str
    tests: Sequence[str]
    """As pytest takes them, from the repository's folder."""


_CLIENT = (
    "the client's work (`make profile`): {}, where the multiplexer and asyncio alone take 3.2 us and redis-py some 55"
)
_SIZES = ("1,000", "10,000", "100,000", "1,000,000")
_LOCKS = "tests/redis/test_locks_processes.py"

CAUSES = (
    Cause(
        "verbs",
        ["MemorySystem.store without word index, share of the adapter's own speed"],
        "the adapter saves an entry that is made already in under 2 us; making one and checking it takes 5 us more, "
        "whatever is indexed",
    ),
    Cause(
        "verbs",
        ["save without word index"],
        "an entry is indexed by tag, user, session and end, which the peers are not",
    ),
    Cause(
        "store",
        ["10,000: exact top-10", *(f"{rows}: a filter for 1 %" for rows in _SIZES[1:])],
        "besides the product a recall asks twice whether another process has written, picks ten and makes entries of "
        "them: 0.09 ms, and 0.15 ms where the vectors have filled the processor's cache; a product of 10,000 rows "
        "takes 0.56 ms, one of a hundred 0.01 ms",
    ),
    Cause(
        "store",
        [f"{rows}: durable insert" for rows in _SIZES],
        "a wait for the disk and some ten pages of the log",
    ),
    Cause(
        "store",
        [f"{rows}: delete" for rows in _SIZES],
        "0.17 ms are SQLite's work on the entry and its indexes, the rest is the disk: a wait for some ten pages of "
        "the log",
    ),
    Cause(
        "store",
        ["100,000: int8 top-10", "1,000,000: int8 top-10"],
        "of a product, the pass over the eight-bit rows takes 0.19, choosing among them 0.03, and what is beside any "
        "recall 0.05",
    ),
    Cause(
        "store",
        ["100,000: opening", "1,000,000: opening"],
        "taking the vectors out of SQLite's pages, checking each and copying it takes seven times as long as reading a "
        "flat file also where both are in the system's memory; the disk itself varies by four times",
    ),
    Cause(
        "store",
        ["1,000,000: save_many"],
        "a batch takes longer as the word index and the other trees grow: the sixth hundred thousand entries go in at "
        "nine tenths of the rate of the first, with and without vectors",
    ),
    Cause(
        "redis_scale",
        ["longest call of the server"],
        "a save of 32 entries in the moment in which the server makes a table larger; of some 31,000 such calls some "
        "hundreds take over 3 ms, and which is the longest differs from run to run",
    ),
    Cause(
        "nearest",
        ["Axon's store, top 10 of"],
        "faiss is handed the numbers of the rows and gives numbers back; Axon finds the rows by their tag and gives "
        "entries back, which takes 0.1 to 0.2 ms that are no product. Of those that know a filter by its value none "
        "is nearer than twelve times",
    ),
    Cause("redis_speed", ["save, 1 task"], "the script that saves takes 20 us of the server, where a SET takes 2"),
    Cause(
        "redis_speed",
        ["get, 64 tasks"],
        _CLIENT.format("making the entry 1.4 us, packing its id 0.5, the command 0.3, two coroutines the rest"),
    ),
    Cause(
        "redis_speed",
        ["save of a new entry, 6"],
        "the server's script takes 20 us for each entry and the client 18, which overlap in part; redis-py's SET "
        "takes 60",
    ),
    Cause(
        "redis_speed",
        ["save of a new entry with"],
        "the server's script takes 60 us and more for each entry: thirty words are thirty places in the word index",
    ),
    Cause(
        "redis_speed",
        ["get_many"],
        "the client's work: making an entry takes 1.4 us, packing its id 0.5, of 2.6 in all",
    ),
    Cause(
        "redis_speed",
        ["one-tag"],
        "the client's work: twenty entries are made and held against the filter, in two round trips",
    ),
    Cause(
        "redis_coordination",
        ["lock and release"],
        "it also fences, renews and cancels a body whose lock is lost: 12 us beside the adapter's own lock and unlock",
    ),
    Cause(
        "redis_coordination",
        ["limit"],
        _CLIENT.format("names, checks, the answer and four coroutines take 3 us"),
    ),
    Cause(
        "redis_coordination",
        ["once"],
        _CLIENT.format("names, checks, a random stamp and four coroutines take 3.5 us"),
    ),
)

PROOFS = (
    Proof(
        "`import axon` loads none of attr, cattrs, pluggy, redis, numpy, asyncio, click and rich",
        ["tests/core/test_imports.py::test_axon_loads_nothing_heavy"],
    ),
    Proof(
        "a save and a get send one command each, a query by one tag two",
        ["tests/redis/test_monitor.py::test_no_more_commands_than_it_takes"],
    ),
    Proof(
        "`kill -9` of a writer at 200 random moments loses nothing that was acknowledged and leaves nothing by half "
        "(with `AXON_KILLS=200`; `make test` tries 20)",
        ["tests/vector/test_kill.py::test_no_acknowledged_write_is_lost_and_none_is_seen_by_half"],
    ),
    Proof(
        "of two processes on one store each sees at its next call what the other did, and both may write",
        [
            "tests/vector/test_processes.py::test_each_sees_at_its_next_call_what_the_other_has_done",
            "tests/vector/test_processes.py::test_two_writers_lose_nothing",
        ],
    ),
    Proof(
        "of 300 callers in four processes a limit of 100 lets exactly 100 pass, on Redis and on a cluster",
        [
            "tests/redis/test_limits.py::test_of_300_callers_in_four_processes_100_pass",
            "tests/redis/test_limits.py::test_and_so_in_a_cluster",
        ],
    ),
    Proof(
        "after a `kill -9` of a lock's holder the next one enters within its ttl and 50 ms",
        [f"{_LOCKS}::test_after_the_death_of_a_holder_the_next_one_enters_within_the_ttl_and_50_ms"],
    ),
    Proof(
        "of 1,000 who miss one cached key at once one computes, and all get its result",
        [
            "tests/coordination/test_results.py::test_one_of_a_thousand_runs",
            "tests/redis/test_cached.py::test_a_thousand_who_miss_at_once_run_it_once",
        ],
    ),
    Proof(
        "a Sentinel failover and the loss of a cluster's node during locks, limits and `once`: fences only grow, and "
        "what is lost stays within what had not been replicated",
        [
            "tests/redis/test_coordination_failover.py::test_through_sentinels",
            "tests/redis/test_coordination_failover.py::test_in_a_cluster_that_loses_the_node",
        ],
    ),
)


def cause(part: str, name: str) -> str:
    """What is known of it; nothing where nothing is."""
    found = (each for each in CAUSES if each.part == part and name.startswith(tuple(each.figures)))
    return next((each.text for each in found), "")
