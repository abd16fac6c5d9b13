"""``axon forget``."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(autouse=True)
def stored(memory):
    for name, user in (("a", "maya"), ("b", "maya"), ("c", "ruth")):
        memory.store(f"text {name}", id=name, user_id=user)


def test_by_id(axon, memory):
    done = axon("forget", "a", "c")
    assert (done.exit_code, done.stdout) == (0, "forgot 2\n")
    assert memory.get_many(["a", "b", "c"])[1].id == "b"
    assert memory.count() == 1


def test_an_id_that_is_not_there(axon, memory):
    done = axon("forget", "a", "nope", "--format", "json")
    assert json.loads(done.stdout) == {"forgotten": 1}
    assert (done.exit_code, done.stderr) == (1, "axon: error: 1 of the 2 ids was not there\n")
    assert memory.count() == 2


def test_an_id_in_two_tiers_does_not_stand_in_for_one_that_is_not_there(axon, memory):
    memory.store("another text", id="a", tier="persistent")
    done = axon("forget", "a", "nope", "a")
    assert (done.exit_code, done.stdout) == (1, "forgot 2\n")
    assert done.stderr == "axon: error: 1 of the 2 ids was not there\n"
    assert memory.get("a") is None
    memory.store("another text", id="b", tier="persistent")
    assert axon("forget", "b", "c", "--tier", "persistent").exit_code == 1
    assert (memory.count(), memory.get("b").text) == (2, "text b")


def test_ids_that_cannot_be_used_delete_nothing(axon, memory):
    assert axon("forget", "a", "").exit_code == 2
    assert memory.count() == 3


def test_a_filter_needs_yes_where_nobody_can_be_asked(axon, memory):
    refused = axon("forget", "--user", "maya")
    assert refused.exit_code == 2
    assert "add --yes" in refused.stderr
    assert memory.count() == 3
    assert axon("forget", "--user", "maya", "--yes").stdout == "forgot 2\n"
    assert memory.get("c") is not None


def test_by_metadata(axon, memory):
    memory.store("text d", id="d", metadata={"source": "a.md", "headings": ["A"]})
    memory.store("text e", id="e", metadata={"source": "b.md"}, importance=0.9)
    assert axon("forget", "--metadata", '{"source": "a.md"}', "--yes").stdout == "forgot 1\n"
    assert [memory.get(entry_id) is None for entry_id in "de"] == [True, False]
    assert axon("forget", "--metadata", '{"source": 5}', "--yes").stdout == "forgot 0\n"
    assert axon("forget", "--metadata", "a.md", "--yes").exit_code == 2
    assert memory.count() == 4


@pytest.mark.parametrize("arguments", [[], ["a", "--user", "maya"], ["--tier", "session"], ["--metadata", "{}"]])
def test_it_is_ids_or_a_filter(arguments, axon, memory):
    refused = axon("forget", *arguments, "--yes")
    assert refused.exit_code == 2
    assert "either ids, or a filter" in refused.stderr
    assert memory.count() == 3
