"""``axon demo``: what it prints is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
    assert shown.count("0 of them somebody else's") == 2
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


def test_without_the_examples(axon):
    done = axon("demo")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the examples are not in examples: run this in the root of" in done.stderr
