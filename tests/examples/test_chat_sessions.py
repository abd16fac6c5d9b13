"""A chat session is seen by all processes that share its store, and by nobody else."""

import json

from example_process import EXAMPLES, main_of, run, run_at_once

WITH_SESSION = f"""
import asyncio, json
from axon import MemorySystem
from chat_sessions import ChatSession

async def main(use, user, name):
    async with MemorySystem.from_file({str(EXAMPLES / "axon.toml")!r}) as memory:
        print(json.dumps(await use(ChatSession(memory, user, name))))

def begin(use, user="ada", name="trip"):
    asyncio.run(main(use, user, name))
"""
APPEND = """
async def append(session):
    for number in range(25):
        await session.append("user", f"{WRITER}-{number}")
    return [turn.text for turn in await session.turns()]
begin(append)
"""
TURNS = """
async def turns(session):
    return [turn.text for turn in await session.turns()]
begin(turns)
"""
OTHERS = """
async def others(session):
    names = [("bo", "trip"), ("ada", "trip2"), ("ad", "trip"), ("ada", "tri")]
    return [len(await ChatSession(session.memory, *name).turns()) for name in names]
begin(others)
"""
END = """
async def end(session):
    return await session.end()
begin(end, USER)
"""


def asked(code, environment, **values):
    return json.loads(run(WITH_SESSION + given(values) + code, environment))


def given(values):
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


def appended(environment, writers=4):
    """What processes see of a session, to which each of them appends 25 turns, all at once."""
    codes = [given({"WRITER": writer}) + APPEND for writer in range(writers)]
    return [json.loads(said) for said in run_at_once(codes, environment, first=WITH_SESSION)]


def by(writer):
    return [f"{writer}-{number}" for number in range(25)]


def test_processes_that_share_a_store_have_one_conversation(on_redis):
    for writer, seen in enumerate(appended(on_redis)):
        assert [turn for turn in seen if turn in by(writer)] == by(writer)  # its own are all there, in order
    turns = asked(TURNS, on_redis)
    assert sorted(turns) == sorted(turn for writer in range(4) for turn in by(writer))
    for writer in range(4):
        assert [turn for turn in turns if turn in by(writer)] == by(writer)


def test_on_memory_each_process_sees_its_own_turns(on_memory):
    assert appended(on_memory) == [by(writer) for writer in range(4)]
    assert asked(TURNS, on_memory) == []


def test_a_session_belongs_to_one_user_and_ends_for_all_processes(on_redis):
    appended(on_redis)
    assert asked(OTHERS, on_redis) == [0, 0, 0, 0]
    assert asked(END, on_redis, USER="bo") == 0
    assert asked(END, on_redis, USER="ada") == 100
    assert asked(TURNS, on_redis) == []


def test_reading_makes_turns_live_longer(anywhere):
    code = """
    async def ends(session):
        return {turn.id: turn.expires_at.isoformat() async for turn in session.memory.scan(tier="session")}

    async def read(session):
        await session.append("user", "Four nights")
        await session.append("user", "I am allergic to feathers")
        before = await ends(session)
        untouched = await ends(session)
        (best,) = await session.recall("allergic", k=1)
        recalled = await ends(session)
        await session.turns()
        return before, untouched, best.id, recalled, await ends(session)
    begin(read)
    """.replace("\n    ", "\n")
    before, untouched, best, recalled, read = asked(code, anywhere)
    assert untouched == before  # a scan is no read
    assert [id for id in before if recalled[id] > before[id]] == [best]
    assert all(read[id] > recalled[id] for id in before)


def test_two_terminals(on_redis, on_memory):
    first, second = (
        main_of("chat_sessions.py", "ada", "trip", "Hello"),
        main_of("chat_sessions.py", "ada", "trip", "Hi"),
    )
    assert [run(first, on_redis), run(second, on_redis)] == ["user: Hello\n", "user: Hello\nuser: Hi\n"]
    assert [run(first, on_memory), run(second, on_memory)] == ["user: Hello\n", "user: Hi\n"]


def test_it_shows_itself(anywhere):
    lines = run(main_of("chat_sessions.py"), anywhere).splitlines()
    assert lines[3:] == ["recalled: Four nights, and I am allergic to feathers", "ended: 3 turns forgotten, 0 left"]
