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


_PIECES = "[where the time goes](#where-the-time-goes)"
_SIZES = ("1,000", "10,000", "100,000", "1,000,000")
_LOCKS = "tests/redis/test_locks_processes.py"

CAUSES = (
    Cause(
        "verbs",
        ["MemorySystem.store without word index, share of the adapter's own speed"],
        "the adapter is handed an entry that is made already; `store` makes it of its arguments, checks each of them "
        "and gives it an id and a time, which takes longer than to keep it where no words are indexed. The last row "
        "of that part, against making an entry and saving it, tells what is its own",
    ),
    Cause(
        "verbs",
        ["save without word index"],
        "an entry is indexed by tag, user, session and end, which the peers are not",
    ),
    Cause(
        "store",
        ["1,000: top-10", *(f"{rows}: exact top-10" for rows in _SIZES[1:])],
        f"a recall gives entries: to read ten of them takes what it takes ({_PIECES}), which is little beside the "
        "product of many rows and much beside that of few. An entry that was read before is read from memory, but no "
        "question is asked twice here",
    ),
    Cause(
        "store",
        [f"{rows}: a filter for 1 %, known" for rows in _SIZES],
        f"to read the ten entries takes longer than the product of a hundredth of the rows, which numpy here has just "
        f"read ({_PIECES})",
    ),
    Cause(
        "store",
        [f"{rows}: a filter for 1 %, new" for rows in _SIZES],
        f"to look up what the filter admits, in an index of SQLite, takes nearly as long as the product of those rows, "
        f"of a million entries longer; besides ten entries are read, and the way goes to the store's thread and back "
        f"({_PIECES}). Numpy is told the rows, another hundredth each time",
    ),
    Cause(
        "store",
        [f"{rows}: a filter for 50 %, new" for rows in _SIZES],
        f"what a new filter admits is looked up in an index of SQLite, an entry at a time, which takes nearly as long "
        f"as a pass over all vectors ({_PIECES}); of one that is known only what was written since is",
    ),
    Cause(
        "store",
        [f"{rows}: durable insert" for rows in _SIZES],
        f"SQLite's work on the entry, its words and the indexes ({_PIECES}: an insert that waits for no disk), and a "
        "wait for some fifteen pages of the log, where the yard waits for 2 KB",
    ),
    Cause(
        "store",
        [f"{rows}: delete" for rows in _SIZES],
        f"SQLite's work on the entry, its words and the indexes ({_PIECES}: a delete that waits for no disk), and a "
        "wait for some twenty pages of the log",
    ),
    Cause(
        "store",
        ["100,000: int8 top-10", "1,000,000: int8 top-10"],
        f"the pass over the eight-bit rows alone, by the library that multiplies them, takes most of the bar or more, "
        f"as the processor has it ({_PIECES}); besides some candidates are chosen, scored exactly and read",
    ),
    Cause(
        "store",
        ["100,000: opening", "1,000,000: opening"],
        f"the vectors are rows of SQLite, which reads a page of 4 KB at a time, each with a call of the system; then "
        f"each is checked and copied ({_PIECES}). A flat file is one read",
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
        f"faiss gives the numbers of rows, and finds those of a group in an array of whole numbers; Axon finds them in "
        f"an index on the disk and reads ten entries ({_PIECES})",
    ),
    Cause(
        "redis_speed",
        ["save of a new entry, 6", "save of a new entry with"],
        f"what the server spends on an entry, whose index changes in the same step, is by itself about as much as the "
        f"bar allows ({_PIECES}: what the server spends, and redis-py's SET by 64 tasks); it has one core, on which it "
        "does nothing else meanwhile",
    ),
    Cause(
        "redis_speed",
        ["save, 6 terms"],
        "the script that saves an entry with its index in one step takes the server many times as long as a SET",
    ),
    Cause(
        "redis_speed",
        ["get, 1 task"],
        f"the round trip itself, of the server, the system and asyncio, takes longer than the bar allows ({_PIECES}: a "
        "GET through the multiplexer); how it stands beside redis-py's own work differs from processor to processor",
    ),
    Cause(
        "redis_speed",
        ["get, 64 tasks"],
        f"a GET through the multiplexer, which asyncio cannot do with less, and making the entry of its value are as "
        f"much as the bar allows ({_PIECES}); packing the id, the command, the checks and two coroutines come on top",
    ),
    Cause(
        "redis_speed",
        ["get_many"],
        f"making an entry of each value and packing its id are more than the bar allows ({_PIECES}); the row about "
        "MGET tells how much redis-py does that makes nothing of the values",
    ),
    Cause(
        "redis_speed",
        ["one-tag"],
        f"making twenty entries takes most of what the bar allows ({_PIECES}); they are held against the filter, after "
        "two round trips",
    ),
    Cause(
        "redis_coordination",
        ["lock and release"],
        f"two round trips alone take most of the bar, and that they are scripts, which give the fence and look whose "
        f"lock it is, much of the rest ({_PIECES}); the lease that renews the lock and cancels a body that has lost "
        "it is what `memory.lock` takes more than the adapter",
    ),
    Cause(
        "redis_coordination",
        ["limit", "once"],
        f"the multiplexer and asyncio alone take two fifths of what the bar allows ({_PIECES}); names, checks, the "
        "answer and four coroutines are the rest",
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
        "of 50 contenders for a lock in four processes never two are inside",
        [f"{_LOCKS}::test_fifty_contenders_in_four_processes_are_never_two_inside"],
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
        "a Sentinel failover and the loss of a cluster's node while locks, limits, `once`, results and flags are used "
        "all the time: no lock is held by two, fences only grow, and what is lost stays within what had not been "
        "replicated, which the test prints: nothing in the runs of which we know",
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
