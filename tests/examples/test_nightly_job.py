"""However many workers start the job, one runs it; should that one die or stand still, nothing is written by half."""

import sqlite3
from contextlib import closing

import pytest
from example_process import EXAMPLES, ExampleProcess, main_of, run, run_at_once
from redis_servers.patience import wait_until

DAY = "2026-01-31"
STUCK = f"""
import asyncio, sqlite3, sys
import nightly_job
from axon import LockLost, MemorySystem

nightly_job.LOCK_S = 1.0

async def stands_still(day):
    print("in the middle")
    sys.stdin.readline()  # the whole process stands still, so that nothing renews the lock
    return "late"

nightly_job.report = stands_still

async def main():
    async with MemorySystem.from_file({str(EXAMPLES / "axon.toml")!r}) as memory:
        database = sqlite3.connect(sys.argv[1])
        try:
            await nightly_job.run(memory, database, sys.argv[2])
        except LockLost as error:
            print(error)
        database.close()

asyncio.run(main())
"""


@pytest.fixture
def database(tmp_path):
    return str(tmp_path / "reports.db")


def reports(database):
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("select day, text, fence from reports order by day").fetchall()


def results(outputs):
    """What came of the job for each worker of each process."""
    return [line.split(" ", 2)[2] for said in outputs for line in said.splitlines()]


def wrote(found):
    return [result for result in found if "wrote" in result]


def others(found):
    return {result.partition(":")[0] for result in found if "wrote" not in result}


def test_one_of_many_workers_in_many_processes_runs_it(on_redis, database):
    code = main_of("nightly_job.py", database, DAY)
    found = results(run_at_once([code] * 4, on_redis, first="import axon.core.system"))
    assert len(found) == 4 * 3
    ((day, text, fence),) = reports(database)
    assert (day, text) == (DAY, f"All is well on {DAY}")
    assert wrote(found) == [f"wrote and mailed the report with fence {fence}"]
    assert others(found) <= {"left it", "was done already"}


def test_one_of_the_workers_of_a_process_runs_it(anywhere, database):
    found = results([run(main_of("nightly_job.py", database, DAY), anywhere)])
    assert len(wrote(found)) == 1
    assert len(found) == 3


def test_it_is_run_again_on_another_day_and_no_other(on_redis, database):
    for day in (DAY, DAY, "2026-02-01", DAY):
        run(main_of("nightly_job.py", database, day), on_redis)
    (first, second) = reports(database)
    assert [first[0], second[0]] == [DAY, "2026-02-01"]
    assert first[2] < second[2]


def test_a_worker_that_fails_leaves_it_to_the_next(anywhere, database):
    code = """
import asyncio, sqlite3, nightly_job
from axon import MemorySystem

async def main():
    report = nightly_job.report

    async def fails(day):
        raise OSError("no figures")

    async with MemorySystem.from_file(FILE) as memory:
        database = sqlite3.connect(":memory:")
        database.execute("create table reports (day text primary key, text text, fence integer)")
        nightly_job.report = fails
        try:
            await nightly_job.run(memory, database, "today")
        except OSError as error:
            print(error)
        nightly_job.report = report
        for _ in range(2):
            print(await nightly_job.run(memory, database, "today"))
        database.close()

asyncio.run(main())
""".replace("FILE", repr(str(EXAMPLES / "axon.toml")))
    failed, second, third = run(code, anywhere).splitlines()
    assert failed == "no figures"
    assert second.startswith("wrote and mailed the report")
    assert third == "was done already"


def stuck(environment, database):
    """A worker that has the lock for a second and stands still in the middle of the job."""
    return ExampleProcess(f"import sys; sys.argv[1:] = {[database, DAY]!r}\n{STUCK}", environment)


def taken_over(environment, database):
    """The report, as soon as another worker got the lock and has written it."""
    run(main_of("nightly_job.py", database, DAY), environment)
    return reports(database)


def test_when_a_worker_dies_another_takes_over(on_redis, database):
    run(main_of("nightly_job.py", database, "2026-01-30"), on_redis)  # makes the table
    with stuck(on_redis, database) as worker:
        assert worker.hear() == "in the middle"
        worker.kill()
    (_, (day, text, _)) = wait_until(
        lambda: len(found := taken_over(on_redis, database)) == 2 and found, "a worker that takes over"
    )
    assert (day, text) == (DAY, f"All is well on {DAY}")


def test_a_worker_that_stood_still_does_not_overwrite_what_a_later_one_wrote(on_redis, database):
    run(main_of("nightly_job.py", database, "2026-01-30"), on_redis)
    with stuck(on_redis, database) as worker:
        assert worker.hear() == "in the middle"
        written = wait_until(
            lambda: len(found := taken_over(on_redis, database)) == 2 and found, "a worker that takes over"
        )
        worker.tell()
        assert "the lock 'report' was lost" in worker.end()  # somebody is to know, since it had begun
    assert reports(database) == written
    assert written[1][1] == f"All is well on {DAY}"
